// RUN: attn-opt %s --attn-cpu-expand-float8 | FileCheck %s
// RUN: attn-opt %s --attn-cpu-expand-float8 --canonicalize --mlir-print-elementsattrs-with-hex-if-larger=-1 | FileCheck %s --check-prefix=VALUE
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v2 --attn-cpu-expand-float8 | FileCheck %s
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3 --attn-cpu-expand-float8 | FileCheck %s --check-prefix=HALF
// RUN: attn-opt %s --attn-attach-target=target=x86-64-v3 --attn-cpu-expand-float8 --canonicalize --mlir-print-elementsattrs-with-hex-if-larger=-1 | FileCheck %s --check-prefix=VALUE

// Nothing of f8E4M3FN is left but the bytes; scalars and vectors of any length. A
// target that converts halves goes through them.
// CHECK-LABEL: func @number
// CHECK: %[[BYTE:.*]] = arith.bitcast %{{.*}} : f8E4M3FN to i8
// CHECK: arith.extui %[[BYTE]] : i8 to i32
// CHECK-NOT: arith.extf
// CHECK: return %{{.*}} : f32
func.func @number(%x: f8E4M3FN) -> f32 {
  %y = arith.extf %x : f8E4M3FN to f32
  return %y : f32
}
// CHECK-LABEL: func @vector
// CHECK: arith.bitcast %{{.*}} : vector<16xf8E4M3FN> to vector<16xi8>
// CHECK-NOT: arith.extf
// CHECK: return %{{.*}} : vector<16xf32>
// HALF-LABEL: func @vector
// HALF: arith.extsi %{{.*}} : vector<16xi8> to vector<16xi16>
// HALF: arith.extf %{{.*}} : vector<16xf16> to vector<16xf32>
// HALF: arith.mulf
// HALF: return %{{.*}} : vector<16xf32>
func.func @vector(%x: vector<16xf8E4M3FN>) -> vector<16xf32> {
  %y = arith.extf %x : vector<16xf8E4M3FN> to vector<16xf32>
  return %y : vector<16xf32>
}

// Other widths go through f32, which holds every number.
// CHECK-LABEL: func @double
// CHECK: arith.extf %{{.*}} : vector<2xf32> to vector<2xf64>
// CHECK-LABEL: func @narrow
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @double(%x: vector<2xf8E4M3FN>) -> vector<2xf64> {
  %y = arith.extf %x : vector<2xf8E4M3FN> to vector<2xf64>
  return %y : vector<2xf64>
}
func.func @narrow(%x: f8E4M3FN) -> bf16 {
  %y = arith.extf %x : f8E4M3FN to bf16
  return %y : bf16
}

// Types that LLVM has stay as they are.
// CHECK-LABEL: func @half
// CHECK: arith.extf %{{.*}} : vector<8xf16> to vector<8xf32>
func.func @half(%x: vector<8xf16>) -> vector<8xf32> {
  %y = arith.extf %x : vector<8xf16> to vector<8xf32>
  return %y : vector<8xf32>
}

// All 256 patterns, eight a line. The loop hides them until the arithmetic is there,
// so that it is folded, and not the op that it stands for.
// VALUE-LABEL: func @all
// VALUE: arith.constant dense<[0.000000e+00, 0.001953125, 3.906250e-03, 0.005859375, 7.812500e-03, 0.009765625, 0.01171875, 0.013671875,
// VALUE-SAME: 1.562500e-02, 0.017578125, 0.01953125, 0.021484375, 2.343750e-02, 0.025390625, 0.02734375, 0.029296875,
// VALUE-SAME: 3.125000e-02, 0.03515625, 3.906250e-02, 0.04296875, 4.687500e-02, 0.05078125, 5.468750e-02, 0.05859375,
// VALUE-SAME: 6.250000e-02, 7.031250e-02, 7.812500e-02, 8.593750e-02, 9.375000e-02, 0.1015625, 1.093750e-01, 0.1171875,
// VALUE-SAME: 1.250000e-01, 1.406250e-01, 1.562500e-01, 1.718750e-01, 1.875000e-01, 2.031250e-01, 2.187500e-01, 2.343750e-01,
// VALUE-SAME: 2.500000e-01, 2.812500e-01, 3.125000e-01, 3.437500e-01, 3.750000e-01, 4.062500e-01, 4.375000e-01, 4.687500e-01,
// VALUE-SAME: 5.000000e-01, 5.625000e-01, 6.250000e-01, 6.875000e-01, 7.500000e-01, 8.125000e-01, 8.750000e-01, 9.375000e-01,
// VALUE-SAME: 1.000000e+00, 1.125000e+00, 1.250000e+00, 1.375000e+00, 1.500000e+00, 1.625000e+00, 1.750000e+00, 1.875000e+00,
// VALUE-SAME: 2.000000e+00, 2.250000e+00, 2.500000e+00, 2.750000e+00, 3.000000e+00, 3.250000e+00, 3.500000e+00, 3.750000e+00,
// VALUE-SAME: 4.000000e+00, 4.500000e+00, 5.000000e+00, 5.500000e+00, 6.000000e+00, 6.500000e+00, 7.000000e+00, 7.500000e+00,
// VALUE-SAME: 8.000000e+00, 9.000000e+00, 1.000000e+01, 1.100000e+01, 1.200000e+01, 1.300000e+01, 1.400000e+01, 1.500000e+01,
// VALUE-SAME: 1.600000e+01, 1.800000e+01, 2.000000e+01, 2.200000e+01, 2.400000e+01, 2.600000e+01, 2.800000e+01, 3.000000e+01,
// VALUE-SAME: 3.200000e+01, 3.600000e+01, 4.000000e+01, 4.400000e+01, 4.800000e+01, 5.200000e+01, 5.600000e+01, 6.000000e+01,
// VALUE-SAME: 6.400000e+01, 7.200000e+01, 8.000000e+01, 8.800000e+01, 9.600000e+01, 1.040000e+02, 1.120000e+02, 1.200000e+02,
// VALUE-SAME: 1.280000e+02, 1.440000e+02, 1.600000e+02, 1.760000e+02, 1.920000e+02, 2.080000e+02, 2.240000e+02, 2.400000e+02,
// VALUE-SAME: 2.560000e+02, 2.880000e+02, 3.200000e+02, 3.520000e+02, 3.840000e+02, 4.160000e+02, 4.480000e+02, 0x7F{{[CF]}}00000,
// VALUE-SAME: -0.000000e+00, -0.001953125, -3.906250e-03, -0.005859375, -7.812500e-03, -0.009765625, -0.01171875, -0.013671875,
// VALUE-SAME: -1.562500e-02, -0.017578125, -0.01953125, -0.021484375, -2.343750e-02, -0.025390625, -0.02734375, -0.029296875,
// VALUE-SAME: -3.125000e-02, -0.03515625, -3.906250e-02, -0.04296875, -4.687500e-02, -0.05078125, -5.468750e-02, -0.05859375,
// VALUE-SAME: -6.250000e-02, -7.031250e-02, -7.812500e-02, -8.593750e-02, -9.375000e-02, -0.1015625, -1.093750e-01, -0.1171875,
// VALUE-SAME: -1.250000e-01, -1.406250e-01, -1.562500e-01, -1.718750e-01, -1.875000e-01, -2.031250e-01, -2.187500e-01, -2.343750e-01,
// VALUE-SAME: -2.500000e-01, -2.812500e-01, -3.125000e-01, -3.437500e-01, -3.750000e-01, -4.062500e-01, -4.375000e-01, -4.687500e-01,
// VALUE-SAME: -5.000000e-01, -5.625000e-01, -6.250000e-01, -6.875000e-01, -7.500000e-01, -8.125000e-01, -8.750000e-01, -9.375000e-01,
// VALUE-SAME: -1.000000e+00, -1.125000e+00, -1.250000e+00, -1.375000e+00, -1.500000e+00, -1.625000e+00, -1.750000e+00, -1.875000e+00,
// VALUE-SAME: -2.000000e+00, -2.250000e+00, -2.500000e+00, -2.750000e+00, -3.000000e+00, -3.250000e+00, -3.500000e+00, -3.750000e+00,
// VALUE-SAME: -4.000000e+00, -4.500000e+00, -5.000000e+00, -5.500000e+00, -6.000000e+00, -6.500000e+00, -7.000000e+00, -7.500000e+00,
// VALUE-SAME: -8.000000e+00, -9.000000e+00, -1.000000e+01, -1.100000e+01, -1.200000e+01, -1.300000e+01, -1.400000e+01, -1.500000e+01,
// VALUE-SAME: -1.600000e+01, -1.800000e+01, -2.000000e+01, -2.200000e+01, -2.400000e+01, -2.600000e+01, -2.800000e+01, -3.000000e+01,
// VALUE-SAME: -3.200000e+01, -3.600000e+01, -4.000000e+01, -4.400000e+01, -4.800000e+01, -5.200000e+01, -5.600000e+01, -6.000000e+01,
// VALUE-SAME: -6.400000e+01, -7.200000e+01, -8.000000e+01, -8.800000e+01, -9.600000e+01, -1.040000e+02, -1.120000e+02, -1.200000e+02,
// VALUE-SAME: -1.280000e+02, -1.440000e+02, -1.600000e+02, -1.760000e+02, -1.920000e+02, -2.080000e+02, -2.240000e+02, -2.400000e+02,
// VALUE-SAME: -2.560000e+02, -2.880000e+02, -3.200000e+02, -3.520000e+02, -3.840000e+02, -4.160000e+02, -4.480000e+02, 0xFF{{[CF]}}00000]> : vector<256xf32>
func.func @all() -> vector<256xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %none = arith.constant dense<0.0> : vector<256xf32>
  %bytes = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
    80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
    96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    -128, -127, -126, -125, -124, -123, -122, -121, -120, -119, -118, -117, -116, -115, -114, -113,
    -112, -111, -110, -109, -108, -107, -106, -105, -104, -103, -102, -101, -100, -99, -98, -97,
    -96, -95, -94, -93, -92, -91, -90, -89, -88, -87, -86, -85, -84, -83, -82, -81,
    -80, -79, -78, -77, -76, -75, -74, -73, -72, -71, -70, -69, -68, -67, -66, -65,
    -64, -63, -62, -61, -60, -59, -58, -57, -56, -55, -54, -53, -52, -51, -50, -49,
    -48, -47, -46, -45, -44, -43, -42, -41, -40, -39, -38, -37, -36, -35, -34, -33,
    -32, -31, -30, -29, -28, -27, -26, -25, -24, -23, -22, -21, -20, -19, -18, -17,
    -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1]> : vector<256xi8>
  %seen, %result = scf.for %i = %zero to %one step %one iter_args(%b = %bytes, %r = %none) -> (vector<256xi8>, vector<256xf32>) {
    %x = arith.bitcast %b : vector<256xi8> to vector<256xf8E4M3FN>
    %y = arith.extf %x : vector<256xf8E4M3FN> to vector<256xf32>
    scf.yield %b, %y : vector<256xi8>, vector<256xf32>
  }
  return %result : vector<256xf32>
}
