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
     I32EnumAttrCase<"Row", 1, "row">]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
/// A parameter that is `transposed` where nothing is said.
def Attn_FormParameter : EnumParameter<Attn_Form> {
  let defaultValue = "::mlir::attn::Form::Transposed";
}

#endif // ATTN_IR_ATTNENUMS_TD
