//! Floating point.

use insta::assert_snapshot;

use super::{instruction, program, statements};

#[test]
fn arithmetic() {
    let list = ["fadd", "fsub", "fmul", "fdiv"].map(|op| {
        instruction("double", "double %a, double %b", &format!("{op} double %a, %b")) + "\n"
    });
    assert_snapshot!(list.concat(), @r"
    v2 = a0 + a1;
    v2 = a0 - a1;
    v2 = a0 * a1;
    v2 = a0 / a1;
    ");
}

#[test]
fn remainder_calls_fmod() {
    let ir = "\
define float @f(float %a, float %b) {
  %r = frem float %a, %b
  ret float %r
}
declare float @fmodf(float, float)
";
    assert_snapshot!(program(ir), @r#"
    f32 f1_f(f32, f32) __asm__("f");
    extern f32 f2_fmodf(f32, f32) __asm__("fmodf");
    f32 f1_f(f32 a0, f32 a1) {
      f32 v2;
      v2 = f2_fmodf(a0, a1);
      return v2;
    }
    "#);
}

#[test]
fn negation_flips_a_bit() {
    let list = ["float", "double"]
        .map(|ty| instruction(ty, &format!("{ty} %a"), &format!("fneg {ty} %a")) + "\n");
    assert_snapshot!(list.concat(), @r"
    v1 = f32_from_bits(f32_bits(a0) ^ 0x80000000u);
    v1 = f64_from_bits(f64_bits(a0) ^ 0x8000000000000000ull);
    ");
}

#[test]
fn constants_are_exact() {
    let ir = "\
define void @f(ptr %p) {
  store double 1.000000e-01, ptr %p
  store double -0.0, ptr %p
  store double 0x7FF0000000000000, ptr %p
  store double 0x7FF4000000000001, ptr %p
  store double 0x0000000000000001, ptr %p
  store float 0x3FB99999A0000000, ptr %p
  store float 0x7FF8000000000000, ptr %p
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    *(f64 *)a0 = 0x1.999999999999ap-4;
    *(f64 *)a0 = -0x0p+0;
    *(f64 *)a0 = f64_from_bits(0x7ff0000000000000ull);
    *(f64 *)a0 = f64_from_bits(0x7ff4000000000001ull);
    *(f64 *)a0 = 0x0.0000000000001p-1022;
    *(f32 *)a0 = 0x1.99999ap-4f;
    *(f32 *)a0 = f32_from_bits(0x7fc00000u);
    return;
    ");
}

fn intrinsic(name: &str, result: &str, params: &str) -> String {
    let ir = format!(
        "define {result} @f({params}) {{\n  %r = call {result} @llvm.{name}({params})\n  \
         ret {result} %r\n}}\ndeclare {result} @llvm.{name}({params})\n"
    );
    statements(&ir)
}

#[test]
fn signs() {
    let list = [
        intrinsic("fabs.f64", "double", "double %a"),
        intrinsic("fabs.f32", "float", "float %a"),
        intrinsic("copysign.f64", "double", "double %a, double %b"),
        intrinsic("canonicalize.f32", "float", "float %a"),
    ];
    assert_snapshot!(list.join("\n"), @r"
    v1 = f64_from_bits(f64_bits(a0) & 0x7fffffffffffffffull);
    return v1;
    v1 = f32_from_bits(f32_bits(a0) & 0x7fffffffu);
    return v1;
    v2 = f64_from_bits((f64_bits(a0) & 0x7fffffffffffffffull) | (f64_bits(a1) & 0x8000000000000000ull));
    return v2;
    v1 = f32_is_nan(a0) ? f32_quiet(a0) : a0;
    return v1;
    ");
}

#[test]
fn minimum_and_maximum() {
    let list = ["minnum", "maxnum", "minimumnum", "maximumnum", "minimum", "maximum"]
        .map(|name| intrinsic(&format!("{name}.f64"), "double", "double %a, double %b"));
    assert_snapshot!(list.join("\n"), @r"
    v2 = f64_minimumnum(a0, a1);
    return v2;
    v2 = f64_maximumnum(a0, a1);
    return v2;
    v2 = f64_minimumnum(a0, a1);
    return v2;
    v2 = f64_maximumnum(a0, a1);
    return v2;
    v2 = f64_minimum(a0, a1);
    return v2;
    v2 = f64_maximum(a0, a1);
    return v2;
    ");
}

#[test]
fn classes() {
    let ir = "\
define i1 @f(double %a) {
  %r = call i1 @llvm.is.fpclass.f64(double %a, i32 516)
  ret i1 %r
}
declare i1 @llvm.is.fpclass.f64(double, i32)
";
    assert_snapshot!(statements(ir), @r"
    v1 = (f64_class(a0) & 0x204) != 0;
    return v1;
    ");
}

#[test]
fn mathematical_functions_are_called() {
    let ir = "\
define double @f(double %a, double %b) {
  %x = call double @llvm.sqrt.f64(double %a)
  %y = call double @llvm.fma.f64(double %x, double %b, double 1.0)
  %z = call double @llvm.pow.f64(double %y, double %b)
  %r = call double @llvm.roundeven.f64(double %z)
  ret double %r
}
declare double @llvm.sqrt.f64(double)
declare double @llvm.fma.f64(double, double, double)
declare double @llvm.pow.f64(double, double)
declare double @llvm.roundeven.f64(double)
declare double @sqrt(double)
declare double @fma(double, double, double)
declare double @pow(double, double)
declare double @rint(double)
";
    assert_snapshot!(statements(ir), @r"
    v2 = f2_sqrt(a0);
    v3 = f3_fma(v2, a1, 0x1p+0);
    v4 = f4_pow(v3, a1);
    v5 = f5_rint(v4);
    return v5;
    ");
}

#[test]
fn multiply_and_add_rounds_twice() {
    let text = intrinsic("fmuladd.f32", "float", "float %a, float %b, float %c");
    assert_snapshot!(text, @r"
    v3 = a0 * a1 + a2;
    return v3;
    ");
}

#[test]
fn saturating_conversions() {
    let list = [
        intrinsic("fptosi.sat.i8.f32", "i8", "float %a"),
        intrinsic("fptosi.sat.i32.f64", "i32", "double %a"),
        intrinsic("fptosi.sat.i48.f64", "i48", "double %a"),
        intrinsic("fptoui.sat.i16.f32", "i16", "float %a"),
        intrinsic("fptoui.sat.i64.f64", "i64", "double %a"),
    ];
    assert_snapshot!(list.join("\n"), @r"
    v1 = a0 != a0 ? 0u : a0 < -0x1p+7 ? 128u : a0 >= 0x1p+7 ? 127u : (u8)(s32)a0;
    return v1;
    v1 = a0 != a0 ? 0u : a0 < -0x1p+31 ? 0x80000000u : a0 >= 0x1p+31 ? 0x7fffffffu : (u32)(s32)a0;
    return v1;
    v1 = a0 != a0 ? 0ull : a0 < -0x1p+47 ? 0x800000000000ull : a0 >= 0x1p+47 ? 0x7fffffffffffull : (u64)((s64)a0 & 0xffffffffffffull);
    return v1;
    v1 = !(a0 > 0) ? 0u : a0 >= 0x1p+16 ? 65535u : (u16)(u32)a0;
    return v1;
    v1 = !(a0 > 0) ? 0ull : a0 >= 0x1p+64 ? 0xffffffffffffffffull : (u64)a0;
    return v1;
    ");
}
