//===- ChainCost.cpp - multiplications of chains of products --------------===//
//
// Adds, compares and evaluates numbers of multiplications.
//
//===----------------------------------------------------------------------===//

#include "ChainCost.h"

using namespace mlir;
using namespace mlir::attn;

ChainCost ChainCost::operator+(const ChainCost &other) const {
  ChainCost sum = *this;
  for (unsigned set = 0; set < terms.size(); ++set)
    sum.terms[set] += other.terms[set];
  return sum;
}

ChainCost ChainCost::operator-(const ChainCost &other) const {
  ChainCost difference = *this;
  for (unsigned set = 0; set < terms.size(); ++set)
    difference.terms[set] -= other.terms[set];
  return difference;
}

bool ChainCost::isAtMost(const ChainCost &other) const {
  for (unsigned set = 0; set < terms.size(); ++set)
    if (terms[set] > other.terms[set])
      return false;
  return true;
}

std::optional<double> ChainCost::getConstant() const {
  for (unsigned set = 1; set < terms.size(); ++set)
    if (terms[set] != 0)
      return std::nullopt;
  return terms[0];
}

double ChainCost::evaluate(const std::array<double, 3> &extents) const {
  double total = 0;
  for (unsigned set = 0; set < terms.size(); ++set) {
    double product = terms[set];
    for (unsigned bit = 0; bit < extents.size(); ++bit)
      if (set & (1u << bit))
        product *= extents[bit];
    total += product;
  }
  return total;
}

Value ChainCost::build(OpBuilder &builder, Location loc,
                       ArrayRef<OpFoldResult> extents) const {
  FormCost cost;
  for (unsigned set = 0; set < terms.size(); ++set) {
    if (terms[set] == 0)
      continue;
    SmallVector<OpFoldResult> product = {
        builder.getIndexAttr(int64_t(terms[set]))};
    for (unsigned bit = 0; bit < extents.size(); ++bit)
      if (set & (1u << bit))
        product.push_back(extents[bit]);
    cost.add(product);
  }
  return cost.build(builder, loc);
}
