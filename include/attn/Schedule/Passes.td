//===- Passes.td - passes that decide --------------------------*- tablegen -*-===//
//
// Declares the passes that attach the target and choose schedules.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SCHEDULE_PASSES_TD
#define ATTN_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttnAttachTarget : Pass<"attn-attach-target", "::mlir::ModuleOp"> {
  let summary = "attach #attn.target to the module";
  let description = [{
    Resolves a target's name ("host", or a CPU such as "x86-64-v3") to facts
    and writes them as the module attribute `attn.target`. A module that has one
    keeps it.
  }];
  let dependentDialects = ["::mlir::attn::AttnDialect"];
  let options = [Option<"target", "target", "std::string", "\"host\"",
                        "host, or the name of a CPU">];
}

def AttnSelectSchedule : Pass<"attn-select-schedule", "::mlir::ModuleOp"> {
  let summary = "choose how each mechanism is cut";
  let description = [{
    Writes `#attn.schedule` on every mechanism that has none, from the facts of
    the module's target, and says why in a remark.
  }];
}

#endif // ATTN_SCHEDULE_PASSES_TD
