//===- AttnOps.td - everything the dialect declares ------------*- tablegen -*-===//
//
// The root of the generated files.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNOPS_TD
#define ATTN_IR_ATTNOPS_TD

include "attn/IR/AttnDialect.td"
include "attn/IR/AttnEnums.td"
include "attn/IR/AttnTypes.td"
include "attn/IR/AttnMaskAttrs.td"
include "attn/IR/AttnPlanAttrs.td"
include "attn/IR/AttnPredicateOps.td"
include "attn/IR/AttnMechanismOps.td"
include "attn/IR/AttnPartOps.td"
include "attn/IR/AttnCacheOps.td"
include "attn/IR/AttnBlockOps.td"
include "attn/IR/AttnRandomOps.td"
include "attn/IR/AttnSelectionOps.td"
include "attn/IR/AttnFoldOps.td"
include "attn/IR/AttnLinearOps.td"
include "attn/IR/AttnProductOps.td"
include "attn/IR/AttnLowRankOps.td"

#endif // ATTN_IR_ATTNOPS_TD
