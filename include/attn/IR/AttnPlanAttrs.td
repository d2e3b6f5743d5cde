//===- AttnPlanAttrs.td - how a problem is cut, for what machine -*- tablegen -*-===//
//
// Declares the schedule and the target: decisions and facts, written in the IR
// where a person can read and edit them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNPLANATTRS_TD
#define ATTN_IR_ATTNPLANATTRS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnEnums.td"
include "mlir/IR/AttrTypeBase.td"

/// Extents in brackets, `[8, 8]`; none where nothing is said.
def Attn_BoxParameter : OptionalArrayRefParameter<"int64_t"> {
  let parser = [{
    [&]() -> ::mlir::FailureOr<::llvm::SmallVector<int64_t>> {
      ::llvm::SmallVector<int64_t> extents;
      if ($_parser.parseCommaSeparatedList(
              ::mlir::AsmParser::Delimiter::Square,
              [&]() { return $_parser.parseInteger(extents.emplace_back()); }))
        return ::mlir::failure();
      return extents;
    }()
  }];
  let printer = [{
    $_printer << '[';
    ::llvm::interleaveComma($_self, $_printer);
    $_printer << ']'
  }];
}

def Attn_ScheduleAttr : AttrDef<Attn_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "how one mechanism is cut";
  let description = [{
    `query_block` queries share a pass over the keys, which are taken
    `key_block` at a time. A query block is a row of panels of `panel` queries;
    a panel is what the registers of one micro-kernel span, and `rows` is how
    many keys that micro-kernel holds against it. Later stages obey.

    `form` says what the lanes of vectors are, and how the state lies:
    - `transposed`: queries. Long problems; elements of K and V are broadcast;
    - `row`: elements of a row of K or V. Decoding steps, whose queries are too
      few to fill a vector;
    - `amx`: queries, as in `transposed`, with both products on tiles of AMX: for
      bf16 of static widths. Panels are of 16 or 32 queries, `rows` is 32, and
      `key_block` a multiple of it;
    - `chunk`, of linear attention: `query_block` tokens are taken at a time, their products
      among themselves by tiles of `rows` rows; states are padded to multiples of `panel` columns;
    - `recurrent`, of linear attention: one token after the other, columns of the state in lanes.

    `split`, a multiple of `key_block`, cuts the keys into parts of so many keys
    that are folded side by side and merged, for problems with too few queries
    and heads to occupy a machine. The parts depend on N alone, so results are
    the same bits on any number of threads. 0 leaves the keys whole.

    `heads`, in forms `row`, `transposed` and `amx`, is how many neighbouring heads a
    tile has, a divisor of those that share keys, which are then read once for all of
    them: its `query_block` queries are theirs.

    `ahead`, of form `row`, is how many bytes of keys, and of values, are asked for before they are
    read where one panel reads them from memory, in turn, two thirds as many at a time.

    `columns`, of form `chunk`, a multiple of `panel`, lets states be cut by their columns, which do not
    depend on each other, into parts of so many columns or some times as many: `attn.cell_columns` takes
    those that a launch has threads for. Each part repeats work that takes the time of `shared` columns.
    Results are the same bits for any cut. 0 leaves states whole.

    `box`, where the mask is a `grid` or a conjunction with one: the queries of a tile are
    the points of a box of the grid, cut off at its ends, and its keys those whose
    coordinates some query of the box may see, on each axis. They are read from where
    they stand. A query block holds a box.

    ```mlir
    #attn.schedule<query_block = 256, key_block = 120, panel = 64, rows = 6>
    #attn.schedule<query_block = 16, key_block = 64, panel = 4, rows = 4, form = row, split = 4096, heads = 4>
    #attn.schedule<query_block = 512, key_block = 128, panel = 32, rows = 32, form = amx>
    #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk>
    #attn.schedule<query_block = 64, key_block = 64, panel = 16, rows = 8, form = chunk, columns = 32, shared = 16>
    #attn.schedule<query_block = 64, key_block = 132, panel = 64, rows = 6, box = [8, 8]>
    ```
  }];
  let parameters = (ins "int64_t":$query_block, "int64_t":$key_block,
                        "int64_t":$panel, "int64_t":$rows,
                        Attn_FormParameter:$form,
                        DefaultValuedParameter<"int64_t", "0">:$split,
                        DefaultValuedParameter<"int64_t", "1">:$heads,
                        DefaultValuedParameter<"int64_t", "0">:$columns,
                        DefaultValuedParameter<"int64_t", "0">:$shared,
                        DefaultValuedParameter<"int64_t", "::mlir::attn::kDefaultAhead">:$ahead,
                        Attn_BoxParameter:$box);
  let builders = [AttrBuilder<(ins "int64_t":$query_block, "int64_t":$key_block,
                                   "int64_t":$panel, "int64_t":$rows,
                                   "::mlir::attn::Form":$form, "int64_t":$split), [{
    return $_get($_ctxt, query_block, key_block, panel, rows, form, split,
                 /*heads=*/1, /*columns=*/0, /*shared=*/0, ::mlir::attn::kDefaultAhead,
                 /*box=*/::llvm::ArrayRef<int64_t>());
  }]>];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Panels in a query block.
    int64_t getNumPanels() const { return getQueryBlock() / getPanel(); }
    /// What the rows of buffers of form row are rounded up to: the scores of a
    /// register tile fill whole vectors, so a vector is no longer.
    int64_t getRowUnit() const { return getPanel() * getRows(); }

    /// The same with tiles of `heads` heads.
    ScheduleAttr withHeads(int64_t heads) const;
    /// The same with states cut by their columns.
    ScheduleAttr withColumns(int64_t columns, int64_t shared) const;
    /// The same with so many bytes asked for ahead.
    ScheduleAttr withAhead(int64_t ahead) const;
    /// The same with tiles that are boxes of a grid.
    ScheduleAttr withBox(::llvm::ArrayRef<int64_t> box) const;
  }];
}

def Attn_TargetAttr : AttrDef<Attn_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "facts about a machine";
  let description = [{
    What schedules are chosen from: the vector width in bits, the number of
    vector registers, the sizes of the first two cache levels in bytes, and the
    names LLVM knows the machine by. `tiles` is a unit that multiplies tiles:
    `amx` stands for AMX with bf16, `emulated_amx` for one that vector code
    stands in for, slowly, so that its kernels can be tested anywhere. `ahead` is how many bytes
    before they are read memory is best asked for, where two streams of it are read in turn.

    ```mlir
    #attn.target<isa = "avx512", triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v4",
                 features = "", vector_bits = 512, registers = 32, l1 = 49152, l2 = 2097152>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$isa, StringRefParameter<>:$triple,
                        StringRefParameter<>:$cpu, StringRefParameter<>:$features,
                        "int64_t":$vector_bits, "int64_t":$registers,
                        "int64_t":$l1, "int64_t":$l2,
                        Attn_TilesParameter:$tiles,
                        DefaultValuedParameter<"int64_t", "::mlir::attn::kDefaultAhead">:$ahead);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // ATTN_IR_ATTNPLANATTRS_TD
