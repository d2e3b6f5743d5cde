//===- AttnPlanAttrs.td - how a problem is cut, for what machine -*- tablegen -*-===//
//
// Declares the schedule and the target: decisions and facts, written in the IR
// where a person can read and edit them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNPLANATTRS_TD
#define ATTN_IR_ATTNPLANATTRS_TD

include "attn/IR/AttnDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Attn_ScheduleAttr : AttrDef<Attn_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "how one mechanism is cut";
  let description = [{
    `query_block` queries share a pass over the keys, which are taken
    `key_block` at a time. A query block is a row of panels of `panel` queries;
    a panel is what the registers of one micro-kernel span, and `rows` is how
    many keys (or value columns) that micro-kernel holds against it. While the
    queries of all heads that share keys number at most `narrow` (a decoding
    step), they are folded together, so that keys are read once, by a
    micro-kernel of one vector; 0 leaves that form out. Later stages obey.

    ```mlir
    #attn.schedule<query_block = 256, key_block = 120, panel = 64, rows = 6>
    ```
  }];
  let parameters = (ins "int64_t":$query_block, "int64_t":$key_block,
                        "int64_t":$panel, "int64_t":$rows,
                        DefaultValuedParameter<"int64_t", "0">:$narrow);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Panels in a query block.
    int64_t getNumPanels() const { return getQueryBlock() / getPanel(); }
  }];
}

def Attn_TargetAttr : AttrDef<Attn_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "facts about a machine";
  let description = [{
    What schedules are chosen from: the vector width in bits, the number of
    vector registers, the sizes of the first two cache levels in bytes, and the
    names LLVM knows the machine by.

    ```mlir
    #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4",
                 features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$isa, StringRefParameter<>:$triple,
                        StringRefParameter<>:$cpu, StringRefParameter<>:$features,
                        "int64_t":$vector_bits, "int64_t":$registers,
                        "int64_t":$l1, "int64_t":$l2);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // ATTN_IR_ATTNPLANATTRS_TD
