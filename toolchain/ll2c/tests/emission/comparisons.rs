//! Comparisons and selection.

use insta::assert_snapshot;

use super::{WIDTHS, instruction, over_widths};

fn all(kind: &str, ty: &str, preds: &[&str]) -> String {
    let params = format!("{ty} %a, {ty} %b");
    let lines = preds.iter().map(|pred| {
        let text = instruction("i1", &params, &format!("{kind} {pred} {ty} %a, %b"));
        format!("{pred}: {text}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

const INTEGER: &[&str] = &["eq", "ne", "ugt", "uge", "ult", "ule", "sgt", "sge", "slt", "sle"];

#[test]
fn integers_of_a_full_container() {
    assert_snapshot!(all("icmp", "i32", INTEGER), @r"
    eq: v2 = a0 == a1;
    ne: v2 = a0 != a1;
    ugt: v2 = a0 > a1;
    uge: v2 = a0 >= a1;
    ult: v2 = a0 < a1;
    ule: v2 = a0 <= a1;
    sgt: v2 = (s32)a0 > (s32)a1;
    sge: v2 = (s32)a0 >= (s32)a1;
    slt: v2 = (s32)a0 < (s32)a1;
    sle: v2 = (s32)a0 <= (s32)a1;
    ");
}

#[test]
fn wide_integers() {
    assert_snapshot!(all("icmp", "i128", INTEGER), @r"
    eq: v2 = u128_eq(a0, a1);
    ne: v2 = !u128_eq(a0, a1);
    ugt: v2 = u128_ult(a1, a0);
    uge: v2 = !u128_ult(a0, a1);
    ult: v2 = u128_ult(a0, a1);
    ule: v2 = !u128_ult(a1, a0);
    sgt: v2 = u128_slt(a1, a0);
    sge: v2 = !u128_slt(a0, a1);
    slt: v2 = u128_slt(a0, a1);
    sle: v2 = !u128_slt(a1, a0);
    ");
}

#[test]
fn pointers() {
    assert_snapshot!(all("icmp", "ptr", INTEGER), @r"
    eq: v2 = (u32)a0 == (u32)a1;
    ne: v2 = (u32)a0 != (u32)a1;
    ugt: v2 = (u32)a0 > (u32)a1;
    uge: v2 = (u32)a0 >= (u32)a1;
    ult: v2 = (u32)a0 < (u32)a1;
    ule: v2 = (u32)a0 <= (u32)a1;
    sgt: v2 = (s32)a0 > (s32)a1;
    sge: v2 = (s32)a0 >= (s32)a1;
    slt: v2 = (s32)a0 < (s32)a1;
    sle: v2 = (s32)a0 <= (s32)a1;
    ");
}

#[test]
fn signs_at_every_width() {
    assert_snapshot!(over_widths(WIDTHS, "i1", "{T} %a, {T} %b", "icmp slt {T} %a, %b"), @r"
    i1: v2 = (s32)((u32)a0 << 31) >> 31 < (s32)((u32)a1 << 31) >> 31;
    i8: v2 = (s8)a0 < (s8)a1;
    i12: v2 = (s32)((u32)a0 << 20) >> 20 < (s32)((u32)a1 << 20) >> 20;
    i16: v2 = (s16)a0 < (s16)a1;
    i24: v2 = (s32)((u32)a0 << 8) >> 8 < (s32)((u32)a1 << 8) >> 8;
    i32: v2 = (s32)a0 < (s32)a1;
    i48: v2 = (s64)((u64)a0 << 16) >> 16 < (s64)((u64)a1 << 16) >> 16;
    i64: v2 = (s64)a0 < (s64)a1;
    i100: v2 = u128_slt(u128_ashr_const(u128_shl_const(a0, 28), 28), u128_ashr_const(u128_shl_const(a1, 28), 28));
    i128: v2 = u128_slt(a0, a1);
    i200: v2 = u256_slt(u256_ashr_const(u256_shl_const(a0, 56), 56), u256_ashr_const(u256_shl_const(a1, 56), 56));
    i256: v2 = u256_slt(a0, a1);
    ");
}

#[test]
fn samesign_changes_nothing() {
    assert_snapshot!(instruction("i1", "i32 %a", "icmp samesign ult i32 %a, 7"), @"v1 = a0 < 7u;");
}

#[test]
fn floating_point() {
    let preds = [
        "false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt", "uge", "ult",
        "ule", "une", "uno", "true",
    ];
    assert_snapshot!(all("fcmp", "double", &preds), @r"
    false: v2 = 0;
    oeq: v2 = a0 == a1;
    ogt: v2 = a0 > a1;
    oge: v2 = a0 >= a1;
    olt: v2 = a0 < a1;
    ole: v2 = a0 <= a1;
    one: v2 = a0 < a1 || a0 > a1;
    ord: v2 = !__builtin_isunordered(a0, a1);
    ueq: v2 = !(a0 < a1 || a0 > a1);
    ugt: v2 = !(a0 <= a1);
    uge: v2 = !(a0 < a1);
    ult: v2 = !(a0 >= a1);
    ule: v2 = !(a0 > a1);
    une: v2 = a0 != a1;
    uno: v2 = __builtin_isunordered(a0, a1);
    true: v2 = 1;
    ");
}

#[test]
fn select() {
    let text = instruction("ptr", "i1 %c, ptr %a", "select i1 %c, ptr %a, ptr null");
    assert_snapshot!(text, @"v2 = a0 ? a1 : (ptr)0;");
}

#[test]
fn select_of_structs() {
    let ir = "select i1 %c, { i32, i32 } %a, { i32, i32 } zeroinitializer";
    assert_snapshot!(instruction("{ i32, i32 }", "i1 %c, { i32, i32 } %a", ir), @"v2 = a0 ? a1 : (T0){0};");
}
