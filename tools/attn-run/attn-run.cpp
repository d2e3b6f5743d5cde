//===- attn-run.cpp - compile, run, check and time a kernel ---------------===//
//
// The driver that runs one kernel of a file: on .npy files or on numbers it
// makes up, against the f64 oracle on demand.
//
//===----------------------------------------------------------------------===//

#include "../driver/Driver.h"
#include "Session.h"

using namespace llvm;
using namespace attn;

static constexpr const char *kOverview =
    R"(Runs a kernel, that is a function of tensors in attention IR.

Inputs are .npy files, one --input for each parameter, or are made up: normal
numbers for floats, but for attn.linear decays of at most 0, beta in 0 to 1, and
keys of norm 1 for the delta rule; lengths, boundaries and offsets from 0 to the
number of keys for the integers of lens, docs and offset, 0 to 3 for those of same,
order and global; --values for other integers. Dynamic extents of made-up inputs
are set by --dim; the more special setting wins:
  --dim=100            every dynamic extent
  --dim=*.0=2          dimension 0 of every parameter, where it is dynamic
  --dim=3.0=2,0.2=7    dimension 0 of parameter 3, and dimension 2 of parameter 0

The exit status is 0 if everything that was asked for was done, 1 if not.
)";

int main(int argc, char **argv) {
  run::Settings settings;
  driver::CommandLine line("FILE.mlir [options]", kOverview);
  line.add("--entry=NAME", "the function to run, where there are several",
           settings.kernel.entry);
  line.add("--input=X.npy", "an input; once for each parameter, in order",
           settings.inputs.files);
  line.add("--output=Y.npy", "where a result goes, in order", settings.outputs);
  line.add("--target=NAME", "host, or a CPU whose code runs here",
           settings.kernel.target);
  line.add("--attn-fp=MODE", "reassoc, or strict for products as they stand",
           settings.kernel.fp);
  line.add("--threads=N", "at most N threads; 0 is the default",
           settings.threads, 0);
  line.add("--repeat=N", "time N runs", settings.repeat, 1);
  line.add("--compare=reference", "compare the results with the f64 oracle",
           settings.compare);
  line.add("--stats=F.json", "write counters and times; - is stdout",
           settings.stats);
  line.add("--dim=N", "dynamic extents, see above", settings.inputs.dims);
  line.add("--values=P=X,X,...", "the elements of parameter P, or one for all",
           settings.inputs.values);
  line.add("--seed=N", "another seed for what is made up", settings.inputs.seed,
           0);
  return driver::runMain(argc, argv, line, settings.file,
                         [&] { return run::runSession(settings); });
}
