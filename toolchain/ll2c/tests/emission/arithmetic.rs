//! Integer arithmetic and logic.

use insta::assert_snapshot;

use super::{WIDTHS, instruction, over_widths};

fn binary(op: &str) -> String {
    over_widths(WIDTHS, "{T}", "{T} %a, {T} %b", &format!("{op} {{T}} %a, %b"))
}

#[test]
fn add() {
    assert_snapshot!(binary("add"), @r"
    i1: v2 = (u8)((a0 + a1) & 1u);
    i8: v2 = (u8)(a0 + a1);
    i12: v2 = (u16)((a0 + a1) & 4095u);
    i16: v2 = (u16)(a0 + a1);
    i24: v2 = (u32)((a0 + a1) & 0xffffffu);
    i32: v2 = a0 + a1;
    i48: v2 = (u64)((a0 + a1) & 0xffffffffffffull);
    i64: v2 = a0 + a1;
    i100: v2 = u128_and(u128_add(a0, a1), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v2 = u128_add(a0, a1);
    i200: v2 = u256_and(u256_add(a0, a1), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v2 = u256_add(a0, a1);
    ");
}

#[test]
fn sub() {
    assert_snapshot!(binary("sub"), @r"
    i1: v2 = (u8)((a0 - a1) & 1u);
    i8: v2 = (u8)(a0 - a1);
    i12: v2 = (u16)((a0 - a1) & 4095u);
    i16: v2 = (u16)(a0 - a1);
    i24: v2 = (u32)((a0 - a1) & 0xffffffu);
    i32: v2 = a0 - a1;
    i48: v2 = (u64)((a0 - a1) & 0xffffffffffffull);
    i64: v2 = a0 - a1;
    i100: v2 = u128_and(u128_sub(a0, a1), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v2 = u128_sub(a0, a1);
    i200: v2 = u256_and(u256_sub(a0, a1), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v2 = u256_sub(a0, a1);
    ");
}

#[test]
fn mul() {
    assert_snapshot!(binary("mul"), @r"
    i1: v2 = (u8)(((u32)a0 * a1) & 1u);
    i8: v2 = (u8)((u32)a0 * a1);
    i12: v2 = (u16)(((u32)a0 * a1) & 4095u);
    i16: v2 = (u16)((u32)a0 * a1);
    i24: v2 = (u32)((a0 * a1) & 0xffffffu);
    i32: v2 = a0 * a1;
    i48: v2 = (u64)((a0 * a1) & 0xffffffffffffull);
    i64: v2 = a0 * a1;
    i100: v2 = u128_and(u128_mul(a0, a1), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v2 = u128_mul(a0, a1);
    i200: v2 = u256_and(u256_mul(a0, a1), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v2 = u256_mul(a0, a1);
    ");
}

#[test]
fn and() {
    assert_snapshot!(binary("and"), @r"
    i1: v2 = (u8)(a0 & a1);
    i8: v2 = (u8)(a0 & a1);
    i12: v2 = (u16)(a0 & a1);
    i16: v2 = (u16)(a0 & a1);
    i24: v2 = a0 & a1;
    i32: v2 = a0 & a1;
    i48: v2 = a0 & a1;
    i64: v2 = a0 & a1;
    i100: v2 = u128_and(a0, a1);
    i128: v2 = u128_and(a0, a1);
    i200: v2 = u256_and(a0, a1);
    i256: v2 = u256_and(a0, a1);
    ");
}

#[test]
fn or() {
    assert_snapshot!(binary("or disjoint"), @r"
    i1: v2 = (u8)(a0 | a1);
    i8: v2 = (u8)(a0 | a1);
    i12: v2 = (u16)(a0 | a1);
    i16: v2 = (u16)(a0 | a1);
    i24: v2 = a0 | a1;
    i32: v2 = a0 | a1;
    i48: v2 = a0 | a1;
    i64: v2 = a0 | a1;
    i100: v2 = u128_or(a0, a1);
    i128: v2 = u128_or(a0, a1);
    i200: v2 = u256_or(a0, a1);
    i256: v2 = u256_or(a0, a1);
    ");
}

#[test]
fn xor() {
    assert_snapshot!(binary("xor"), @r"
    i1: v2 = (u8)(a0 ^ a1);
    i8: v2 = (u8)(a0 ^ a1);
    i12: v2 = (u16)(a0 ^ a1);
    i16: v2 = (u16)(a0 ^ a1);
    i24: v2 = a0 ^ a1;
    i32: v2 = a0 ^ a1;
    i48: v2 = a0 ^ a1;
    i64: v2 = a0 ^ a1;
    i100: v2 = u128_xor(a0, a1);
    i128: v2 = u128_xor(a0, a1);
    i200: v2 = u256_xor(a0, a1);
    i256: v2 = u256_xor(a0, a1);
    ");
}

#[test]
fn shl_by_a_variable() {
    assert_snapshot!(binary("shl"), @r"
    i1: v2 = (u8)(((u32)a0 << ((u32)a1 & 31)) & 1u);
    i8: v2 = (u8)((u32)a0 << ((u32)a1 & 31));
    i12: v2 = (u16)(((u32)a0 << ((u32)a1 & 31)) & 4095u);
    i16: v2 = (u16)((u32)a0 << ((u32)a1 & 31));
    i24: v2 = (u32)((a0 << (a1 & 31)) & 0xffffffu);
    i32: v2 = a0 << (a1 & 31);
    i48: v2 = (u64)((a0 << ((u32)a1 & 63)) & 0xffffffffffffull);
    i64: v2 = a0 << ((u32)a1 & 63);
    i100: v2 = u128_and(u128_shl(a0, (u32)a1.l), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v2 = u128_shl(a0, (u32)a1.l);
    i200: v2 = u256_and(u256_shl(a0, (u32)u256_low(a1).l), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v2 = u256_shl(a0, (u32)u256_low(a1).l);
    ");
}

#[test]
fn lshr_by_a_variable() {
    assert_snapshot!(binary("lshr exact"), @r"
    i1: v2 = (u8)(a0 >> ((u32)a1 & 31));
    i8: v2 = (u8)(a0 >> ((u32)a1 & 31));
    i12: v2 = (u16)(a0 >> ((u32)a1 & 31));
    i16: v2 = (u16)(a0 >> ((u32)a1 & 31));
    i24: v2 = a0 >> (a1 & 31);
    i32: v2 = a0 >> (a1 & 31);
    i48: v2 = a0 >> ((u32)a1 & 63);
    i64: v2 = a0 >> ((u32)a1 & 63);
    i100: v2 = u128_lshr(a0, (u32)a1.l);
    i128: v2 = u128_lshr(a0, (u32)a1.l);
    i200: v2 = u256_lshr(a0, (u32)u256_low(a1).l);
    i256: v2 = u256_lshr(a0, (u32)u256_low(a1).l);
    ");
}

#[test]
fn ashr_by_a_variable() {
    assert_snapshot!(binary("ashr"), @r"
    i1: v2 = (u8)((((s32)((u32)a0 << 31) >> 31) >> ((u32)a1 & 31)) & 1u);
    i8: v2 = (u8)((s8)a0 >> ((u32)a1 & 31));
    i12: v2 = (u16)((((s32)((u32)a0 << 20) >> 20) >> ((u32)a1 & 31)) & 4095u);
    i16: v2 = (u16)((s16)a0 >> ((u32)a1 & 31));
    i24: v2 = (u32)((((s32)((u32)a0 << 8) >> 8) >> (a1 & 31)) & 0xffffffu);
    i32: v2 = (u32)((s32)a0 >> (a1 & 31));
    i48: v2 = (u64)((((s64)((u64)a0 << 16) >> 16) >> ((u32)a1 & 63)) & 0xffffffffffffull);
    i64: v2 = (u64)((s64)a0 >> ((u32)a1 & 63));
    i100: v2 = u128_and(u128_ashr(u128_ashr_const(u128_shl_const(a0, 28), 28), (u32)a1.l), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v2 = u128_ashr(a0, (u32)a1.l);
    i200: v2 = u256_and(u256_ashr(u256_ashr_const(u256_shl_const(a0, 56), 56), (u32)u256_low(a1).l), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v2 = u256_ashr(a0, (u32)u256_low(a1).l);
    ");
}

#[test]
fn shifts_by_a_constant() {
    let widths = &[8, 12, 32, 48, 64, 100, 128, 256];
    let list = ["shl", "lshr", "ashr"]
        .map(|op| over_widths(widths, "{T}", "{T} %a", &format!("{op} {{T}} %a, 5")));
    assert_snapshot!(list.concat(), @r"
    i8: v1 = (u8)((u32)a0 << 5);
    i12: v1 = (u16)(((u32)a0 << 5) & 4095u);
    i32: v1 = a0 << 5;
    i48: v1 = (u64)((a0 << 5) & 0xffffffffffffull);
    i64: v1 = a0 << 5;
    i100: v1 = u128_and(u128_shl_const(a0, 5), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v1 = u128_shl_const(a0, 5);
    i256: v1 = u256_shl_const(a0, 5);
    i8: v1 = (u8)(a0 >> 5);
    i12: v1 = (u16)(a0 >> 5);
    i32: v1 = a0 >> 5;
    i48: v1 = a0 >> 5;
    i64: v1 = a0 >> 5;
    i100: v1 = u128_lshr_const(a0, 5);
    i128: v1 = u128_lshr_const(a0, 5);
    i256: v1 = u256_lshr_const(a0, 5);
    i8: v1 = (u8)((s8)a0 >> 5);
    i12: v1 = (u16)((((s32)((u32)a0 << 20) >> 20) >> 5) & 4095u);
    i32: v1 = (u32)((s32)a0 >> 5);
    i48: v1 = (u64)((((s64)((u64)a0 << 16) >> 16) >> 5) & 0xffffffffffffull);
    i64: v1 = (u64)((s64)a0 >> 5);
    i100: v1 = u128_and(u128_ashr_const(u128_ashr_const(u128_shl_const(a0, 28), 28), 5), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v1 = u128_ashr_const(a0, 5);
    i256: v1 = u256_ashr_const(a0, 5);
    ");
}

#[test]
fn a_shift_beyond_the_width_is_zero() {
    assert_snapshot!(instruction("i12", "i12 %a", "lshr i12 %a, 12"), @"v1 = 0u;");
}

const DIVIDED: &[u32] = &[8, 12, 32, 48, 64];

#[test]
fn unsigned_division() {
    let list = ["udiv", "urem"]
        .map(|op| over_widths(DIVIDED, "{T}", "{T} %a, {T} %b", &format!("{op} {{T}} %a, %b")));
    assert_snapshot!(list.concat(), @r"
    i8: v2 = (u8)(a0 / a1);
    i12: v2 = (u16)(a0 / a1);
    i32: v2 = a0 / a1;
    i48: v2 = a0 / a1;
    i64: v2 = a0 / a1;
    i8: v2 = (u8)(a0 % a1);
    i12: v2 = (u16)(a0 % a1);
    i32: v2 = a0 % a1;
    i48: v2 = a0 % a1;
    i64: v2 = a0 % a1;
    ");
}

#[test]
fn signed_division() {
    let list = ["sdiv", "srem"]
        .map(|op| over_widths(DIVIDED, "{T}", "{T} %a, {T} %b", &format!("{op} {{T}} %a, %b")));
    assert_snapshot!(list.concat(), @r"
    i8: v2 = (u8)((s8)a0 / (s8)a1);
    i12: v2 = (u16)((((s32)((u32)a0 << 20) >> 20) / ((s32)((u32)a1 << 20) >> 20)) & 4095u);
    i32: v2 = (u32)((s32)a0 / (s32)a1);
    i48: v2 = (u64)((((s64)((u64)a0 << 16) >> 16) / ((s64)((u64)a1 << 16) >> 16)) & 0xffffffffffffull);
    i64: v2 = (u64)((s64)a0 / (s64)a1);
    i8: v2 = (u8)((s8)a0 % (s8)a1);
    i12: v2 = (u16)((((s32)((u32)a0 << 20) >> 20) % ((s32)((u32)a1 << 20) >> 20)) & 4095u);
    i32: v2 = (u32)((s32)a0 % (s32)a1);
    i48: v2 = (u64)((((s64)((u64)a0 << 16) >> 16) % ((s64)((u64)a1 << 16) >> 16)) & 0xffffffffffffull);
    i64: v2 = (u64)((s64)a0 % (s64)a1);
    ");
}

#[test]
fn wide_division_calls_compiler_builtins() {
    let ir = "\
define i128 @f(i128 %a, i128 %b) {
  %q = sdiv i128 %a, %b
  ret i128 %q
}
define i128 @__divti3(i128 %a, i128 %b) {
  ret i128 %a
}
";
    assert_snapshot!(super::program(ir), @r#"
    u128 f1_f(u128, u128) __asm__("f");
    u128 f2_divti3(u128, u128) __asm__("__divti3");
    u128 f1_f(u128 a0, u128 a1) {
      u128 v2;
      v2 = f2_divti3(a0, a1);
      return v2;
    }
    u128 f2_divti3(u128 a0, u128 a1) {
      return a0;
    }
    "#);
}

#[test]
fn literals_of_every_container() {
    let list = over_widths(WIDTHS, "{T}", "{T} %a", "add {T} %a, -1");
    assert_snapshot!(list, @r"
    i1: v1 = (u8)((a0 + 1u) & 1u);
    i8: v1 = (u8)(a0 + 255u);
    i12: v1 = (u16)((a0 + 4095u) & 4095u);
    i16: v1 = (u16)(a0 + 65535u);
    i24: v1 = (u32)((a0 + 0xffffffu) & 0xffffffu);
    i32: v1 = a0 + 0xffffffffu;
    i48: v1 = (u64)((a0 + 0xffffffffffffull) & 0xffffffffffffull);
    i64: v1 = a0 + 0xffffffffffffffffull;
    i100: v1 = u128_and(u128_add(a0, u128_make(0xfffffffffull, 0xffffffffffffffffull)), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v1 = u128_add(a0, u128_make(0xffffffffffffffffull, 0xffffffffffffffffull));
    i200: v1 = u256_and(u256_add(a0, u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull))), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v1 = u256_add(a0, u256_make(u128_make(0xffffffffffffffffull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    ");
}

#[test]
fn literals_with_sign() {
    let widths = &[8, 12, 32, 48, 64, 100];
    assert_snapshot!(over_widths(widths, "i1", "{T} %a", "icmp sgt {T} %a, -5"), @r"
    i8: v1 = (s8)a0 > -5;
    i12: v1 = (s32)((u32)a0 << 20) >> 20 > -5;
    i32: v1 = (s32)a0 > (s32)0xfffffffbu;
    i48: v1 = (s64)((u64)a0 << 16) >> 16 > -5ll;
    i64: v1 = (s64)a0 > (s64)0xfffffffffffffffbull;
    i100: v1 = u128_slt(u128_make(0xffffffffffffffffull, 0xfffffffffffffffbull), u128_ashr_const(u128_shl_const(a0, 28), 28));
    ");
}
