//===- AttnEnums.td - enumerations of the dialect --------------*- tablegen -*-===//
//
// Declares the closed choices that attributes carry.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_IR_ATTNENUMS_TD
#define ATTN_IR_ATTNENUMS_TD

include "attn/IR/AttnDialect.td"
include "mlir/IR/EnumAttr.td"

def Attn_Align : I32EnumAttr<"Align",
    "where query 0 stands on the key axis when M and N differ",
    [I32EnumAttrCase<"TopLeft", 0, "top_left">,
     I32EnumAttrCase<"BottomRight", 1, "bottom_right">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_AlignAttr : EnumAttr<Attn_Dialect, Attn_Align, "align">;

def Attn_Tiles : I32EnumAttr<"Tiles",
    "which unit of a machine multiplies tiles",
    [I32EnumAttrCase<"None", 0, "none">,
     I32EnumAttrCase<"AMX", 1, "amx">,
     I32EnumAttrCase<"EmulatedAMX", 2, "emulated_amx">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
/// A parameter that is `none` where nothing is said.
def Attn_TilesParameter : EnumParameter<Attn_Tiles> {
  let defaultValue = "::mlir::attn::Tiles::None";
}

def Attn_RopeLayout : I32EnumAttr<"RopeLayout",
    "which elements a rotation pairs",
    [I32EnumAttrCase<"Half", 0, "half">,
     I32EnumAttrCase<"Interleaved", 1, "interleaved">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_RopeLayoutAttr : EnumAttr<Attn_Dialect, Attn_RopeLayout, "rope_layout">;

def Attn_Form : I32EnumAttr<"Form",
    "what runs along the lanes of a vector, and how a tile's state lies",
    [I32EnumAttrCase<"Transposed", 0, "transposed">,
     I32EnumAttrCase<"Row", 1, "row">,
     I32EnumAttrCase<"AMX", 2, "amx">,
     I32EnumAttrCase<"Chunk", 3, "chunk">,
     I32EnumAttrCase<"Recurrent", 4, "recurrent">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
/// A parameter that is `transposed` where nothing is said.
def Attn_FormParameter : EnumParameter<Attn_Form> {
  let defaultValue = "::mlir::attn::Form::Transposed";
}

def Attn_FeatureMap : I32EnumAttr<"FeatureMap",
    "how features are made of queries and keys",
    [I32EnumAttrCase<"Relu", 0, "relu">,
     I32EnumAttrCase<"Elu1", 1, "elu1">,
     I32EnumAttrCase<"Exp", 2, "exp">,
     I32EnumAttrCase<"Softmax", 3, "softmax">,
     I32EnumAttrCase<"Hedgehog", 4, "hedgehog">,
     I32EnumAttrCase<"Cos", 5, "cos">,
     I32EnumAttrCase<"Taylor2", 6, "taylor2">,
     I32EnumAttrCase<"Favor", 7, "favor">,
     I32EnumAttrCase<"Pointwise", 8, "pointwise">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_FeatureMapAttr : EnumAttr<Attn_Dialect, Attn_FeatureMap, "feature_map_kind">;

def Attn_FeatureRole : I32EnumAttr<"FeatureRole",
    "which side of the product features are for",
    [I32EnumAttrCase<"Query", 0, "query">,
     I32EnumAttrCase<"Key", 1, "key">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_FeatureRoleAttr : EnumAttr<Attn_Dialect, Attn_FeatureRole, "feature_role">;

#endif // ATTN_IR_ATTNENUMS_TD
