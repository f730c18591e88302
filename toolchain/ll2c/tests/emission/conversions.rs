//! Conversions.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::{instruction, program};

/// `op` between these pairs of types.
fn between(op: &str, pairs: &[(&str, &str)]) -> String {
    let mut list = String::new();
    for (from, to) in pairs {
        let text = instruction(to, &format!("{from} %a"), &format!("{op} {from} %a to {to}"));
        let _ = writeln!(list, "{from} to {to}: {text}");
    }
    list
}

#[test]
fn trunc() {
    let pairs = [
        ("i32", "i1"),
        ("i32", "i8"),
        ("i24", "i20"),
        ("i64", "i32"),
        ("i64", "i48"),
        ("i128", "i64"),
        ("i128", "i7"),
        ("i128", "i100"),
        ("i256", "i128"),
        ("i256", "i16"),
        ("i256", "i200"),
    ];
    assert_snapshot!(between("trunc", &pairs), @r"
    i32 to i1: v1 = (u8)((u8)a0 & 1u);
    i32 to i8: v1 = (u8)a0;
    i24 to i20: v1 = (u32)(a0 & 0xfffffu);
    i64 to i32: v1 = (u32)a0;
    i64 to i48: v1 = (u64)(a0 & 0xffffffffffffull);
    i128 to i64: v1 = a0.l;
    i128 to i7: v1 = (u8)((u8)a0.l & 127u);
    i128 to i100: v1 = u128_and(a0, u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i256 to i128: v1 = u256_low(a0);
    i256 to i16: v1 = (u16)u256_low(a0).l;
    i256 to i200: v1 = u256_and(a0, u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    ");
}

#[test]
fn zext() {
    let pairs = [
        ("i1", "i8"),
        ("i1", "i32"),
        ("i8", "i12"),
        ("i12", "i16"),
        ("i32", "i64"),
        ("i8", "i128"),
        ("i100", "i128"),
        ("i128", "i256"),
        ("i8", "i256"),
    ];
    assert_snapshot!(between("zext nneg", &pairs), @r"
    i1 to i8: v1 = a0;
    i1 to i32: v1 = (u32)a0;
    i8 to i12: v1 = (u16)a0;
    i12 to i16: v1 = a0;
    i32 to i64: v1 = (u64)a0;
    i8 to i128: v1 = u128_from(a0);
    i100 to i128: v1 = a0;
    i128 to i256: v1 = u256_from(a0);
    i8 to i256: v1 = u256_from(u128_from(a0));
    ");
}

#[test]
fn sext() {
    let pairs = [
        ("i1", "i8"),
        ("i1", "i64"),
        ("i1", "i128"),
        ("i8", "i32"),
        ("i8", "i12"),
        ("i12", "i16"),
        ("i24", "i48"),
        ("i32", "i64"),
        ("i8", "i128"),
        ("i64", "i100"),
        ("i100", "i128"),
        ("i8", "i256"),
        ("i128", "i200"),
    ];
    assert_snapshot!(between("sext", &pairs), @r"
    i1 to i8: v1 = (u8)(0u - a0);
    i1 to i64: v1 = (u64)(0ull - a0);
    i1 to i128: v1 = u128_from_signed((s32)((u32)a0 << 31) >> 31);
    i8 to i32: v1 = (u32)(s32)(s8)a0;
    i8 to i12: v1 = (u16)((u16)(s16)(s8)a0 & 4095u);
    i12 to i16: v1 = (u16)(s16)((s32)((u32)a0 << 20) >> 20);
    i24 to i48: v1 = (u64)((u64)(s64)((s32)((u32)a0 << 8) >> 8) & 0xffffffffffffull);
    i32 to i64: v1 = (u64)(s64)(s32)a0;
    i8 to i128: v1 = u128_from_signed((s8)a0);
    i64 to i100: v1 = u128_and(u128_from_signed((s64)a0), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i100 to i128: v1 = u128_ashr_const(u128_shl_const(a0, 28), 28);
    i8 to i256: v1 = u256_from_signed(u128_from_signed((s8)a0));
    i128 to i200: v1 = u256_and(u256_from_signed(a0), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    ");
}

#[test]
fn pointers_and_integers() {
    let list = [
        between("ptrtoint", &[("ptr", "i32"), ("ptr", "i16"), ("ptr", "i64"), ("ptr", "i128")]),
        between("inttoptr", &[("i32", "ptr"), ("i16", "ptr"), ("i64", "ptr"), ("i128", "ptr")]),
    ];
    assert_snapshot!(list.concat(), @r"
    ptr to i32: v1 = (u32)a0;
    ptr to i16: v1 = (u16)(u32)a0;
    ptr to i64: v1 = (u64)(u32)a0;
    ptr to i128: v1 = u128_from((u32)a0);
    i32 to ptr: v1 = (ptr)a0;
    i16 to ptr: v1 = (ptr)(u32)a0;
    i64 to ptr: v1 = (ptr)(u32)a0;
    i128 to ptr: v1 = (ptr)(u32)a0.l;
    ");
}

#[test]
fn bitcast() {
    let pairs =
        [("float", "i32"), ("i32", "float"), ("double", "i64"), ("i64", "double"), ("ptr", "ptr")];
    assert_snapshot!(between("bitcast", &pairs), @r"
    float to i32: v1 = f32_bits(a0);
    i32 to float: v1 = f32_from_bits(a0);
    double to i64: v1 = f64_bits(a0);
    i64 to double: v1 = f64_from_bits(a0);
    ptr to ptr: v1 = a0;
    ");
}

#[test]
fn between_floats() {
    let list =
        [between("fpext", &[("float", "double")]), between("fptrunc", &[("double", "float")])];
    assert_snapshot!(list.concat(), @r"
    float to double: v1 = (f64)a0;
    double to float: v1 = (f32)a0;
    ");
}

#[test]
fn integers_to_floats() {
    let pairs = [("i1", "float"), ("i8", "float"), ("i24", "double"), ("i64", "double")];
    assert_snapshot!([between("sitofp", &pairs), between("uitofp", &pairs)].concat(), @r"
    i1 to float: v1 = (f32)((s32)((u32)a0 << 31) >> 31);
    i8 to float: v1 = (f32)(s8)a0;
    i24 to double: v1 = (f64)((s32)((u32)a0 << 8) >> 8);
    i64 to double: v1 = (f64)(s64)a0;
    i1 to float: v1 = (f32)a0;
    i8 to float: v1 = (f32)a0;
    i24 to double: v1 = (f64)a0;
    i64 to double: v1 = (f64)a0;
    ");
}

#[test]
fn floats_to_integers() {
    let pairs = [("float", "i8"), ("float", "i24"), ("double", "i32"), ("double", "i64")];
    assert_snapshot!([between("fptosi", &pairs), between("fptoui", &pairs)].concat(), @r"
    float to i8: v1 = (u8)(s32)a0;
    float to i24: v1 = (u32)((s32)a0 & 0xffffffu);
    double to i32: v1 = (u32)(s32)a0;
    double to i64: v1 = (u64)(s64)a0;
    float to i8: v1 = (u8)(u32)a0;
    float to i24: v1 = (u32)((u32)a0 & 0xffffffu);
    double to i32: v1 = (u32)a0;
    double to i64: v1 = (u64)a0;
    ");
}

#[test]
fn wide_integers_and_floats_use_compiler_builtins() {
    let ir = "\
define i128 @f(i128 %a) {
  %x = sitofp i128 %a to double
  %r = fptoui double %x to i128
  ret i128 %r
}
define double @__floattidf(i128 %a) {
  ret double 0.0
}
define i128 @__fixunsdfti(double %a) {
  ret i128 0
}
";
    assert_snapshot!(program(ir), @r#"
    u128 f1_f(u128) __asm__("f");
    f64 f2_floattidf(u128) __asm__("__floattidf");
    u128 f3_fixunsdfti(f64) __asm__("__fixunsdfti");
    u128 f1_f(u128 a0) {
      u128 v2;
      f64 v1;
      v1 = f2_floattidf(a0);
      v2 = f3_fixunsdfti(v1);
      return v2;
    }
    f64 f2_floattidf(u128 a0) {
      return 0x0p+0;
    }
    u128 f3_fixunsdfti(f64 a0) {
      return u128_make(0ull, 0ull);
    }
    "#);
}
