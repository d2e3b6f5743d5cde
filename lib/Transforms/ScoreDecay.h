//===- ScoreDecay.h - score programs that decay ----------------*- C++ -*-===//
//
// Declares how s * scale * g^(i - j) is recognised in a score program.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TRANSFORMS_SCOREDECAY_H
#define ATTN_LIB_TRANSFORMS_SCOREDECAY_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Region.h"

namespace mlir::attn {

/// A score program `s * scale * product of powers of (i - j)`. Bases may differ
/// between heads, but for nothing else.
class ScoreDecay {
public:
  /// What `program` is; none, with the reason in `why`, if something else.
  static std::optional<ScoreDecay> match(Region &program, std::string &why);

  double getScale() const { return scale; }
  bool isConstantOne() const { return powers.empty(); }

  /// The logarithm of what is to the power of i - j, of each of `heads`; none
  /// where operands that are known at run time only decide.
  std::optional<SmallVector<double>> getLogs(int64_t heads) const;

  /// The same at run time, `[heads]` of `element`.
  Value buildLogs(OpBuilder &builder, Location loc, int64_t heads,
                  FloatType element) const;

private:
  /// A factor, or its logarithm, of the logarithm of a power; one over it if
  /// `isInverse`.
  struct Rate {
    Value value;
    bool isLog, isInverse;
  };
  /// exp(sign * product of rates * (i - j)).
  struct Power {
    double sign;
    SmallVector<Rate> rates;
  };

  explicit ScoreDecay(Block &program) : program(&program) {}

  /// Takes in the factor `value`, or one over it.
  bool addFactor(Value value, bool isInverse);
  /// Takes `value`, a multiple of i - j, apart: what multiplies goes into
  /// `power`.
  bool addExponent(Value value, Power &power);
  /// 1 for a float or integer of i - j, -1 for one of j - i, else 0.
  int matchDistance(Value value) const;
  /// The index i or j that `value` is, whatever its type; null for another.
  Value getIndex(Value value) const;
  /// True if `value` depends on the head and on operands alone.
  bool isPerHead(Value value) const;
  /// The attribute that `value` folds to for `head`; null if it does not.
  Attribute evaluate(Value value, int64_t head) const;
  /// Copies what `value` needs to the place of `builder`, for head `head`.
  Value clone(OpBuilder &builder, Value value, Value head) const;

  Block *program;
  double scale = 1;
  unsigned numScores = 0;
  SmallVector<Power> powers;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TRANSFORMS_SCOREDECAY_H
