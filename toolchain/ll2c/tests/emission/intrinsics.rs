//! Intrinsics on integers and memory.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::statements;

/// A call with these arguments; of the type of each only the first word counts.
fn call(name: &str, result: &str, params: &str, args: &str) -> String {
    let types: Vec<&str> =
        args.split(", ").map(|arg| arg.rsplit_once(' ').map_or(arg, |(ty, _)| ty)).collect();
    let types = types.join(", ");
    let (assign, ret) = match result {
        "void" => ("", "ret void".to_owned()),
        _ => ("%r = ", format!("ret {result} %r")),
    };
    let ir = format!(
        "define {result} @f({params}) {{\n  {assign}call {result} @llvm.{name}({args})\n  \
         {ret}\n}}\ndeclare {result} @llvm.{name}({types})\n"
    );
    let text = statements(&ir);
    text.trim_end_matches(|c| c != '\n').trim_end().to_owned()
}

/// A call on several widths; `{T}` stands for the type.
fn over_widths(widths: &[u32], name: &str, result: &str, args: &str) -> String {
    let mut list = String::new();
    for width in widths {
        let fill = |text: &str| text.replace("{T}", &format!("i{width}"));
        let args = fill(args);
        let params: Vec<&str> = args.split(", ").filter(|arg| arg.contains('%')).collect();
        let text = call(&format!("{name}.i{width}"), &fill(result), &params.join(", "), &args);
        let _ = writeln!(list, "i{width}: {}", text.replace('\n', "\n    "));
    }
    list
}

const TWO: &str = "{T} %a, {T} %b";

/// Widths that have all intrinsics.
const COMMON: &[u32] = &[8, 12, 32, 48, 64, 100, 128];

#[test]
fn minimum_and_maximum() {
    let list = ["umin", "umax", "smin", "smax"].map(|name| over_widths(COMMON, name, "{T}", TWO));
    assert_snapshot!(list.concat(), @r"
    i8: v2 = a0 < a1 ? a0 : a1;
    i12: v2 = a0 < a1 ? a0 : a1;
    i32: v2 = a0 < a1 ? a0 : a1;
    i48: v2 = a0 < a1 ? a0 : a1;
    i64: v2 = a0 < a1 ? a0 : a1;
    i100: v2 = u128_ult(a0, a1) ? a0 : a1;
    i128: v2 = u128_ult(a0, a1) ? a0 : a1;
    i8: v2 = a0 > a1 ? a0 : a1;
    i12: v2 = a0 > a1 ? a0 : a1;
    i32: v2 = a0 > a1 ? a0 : a1;
    i48: v2 = a0 > a1 ? a0 : a1;
    i64: v2 = a0 > a1 ? a0 : a1;
    i100: v2 = u128_ult(a1, a0) ? a0 : a1;
    i128: v2 = u128_ult(a1, a0) ? a0 : a1;
    i8: v2 = (s8)a0 < (s8)a1 ? a0 : a1;
    i12: v2 = (s32)((u32)a0 << 20) >> 20 < (s32)((u32)a1 << 20) >> 20 ? a0 : a1;
    i32: v2 = (s32)a0 < (s32)a1 ? a0 : a1;
    i48: v2 = (s64)((u64)a0 << 16) >> 16 < (s64)((u64)a1 << 16) >> 16 ? a0 : a1;
    i64: v2 = (s64)a0 < (s64)a1 ? a0 : a1;
    i100: v2 = u128_slt(u128_ashr_const(u128_shl_const(a0, 28), 28), u128_ashr_const(u128_shl_const(a1, 28), 28)) ? a0 : a1;
    i128: v2 = u128_slt(a0, a1) ? a0 : a1;
    i8: v2 = (s8)a0 > (s8)a1 ? a0 : a1;
    i12: v2 = (s32)((u32)a0 << 20) >> 20 > (s32)((u32)a1 << 20) >> 20 ? a0 : a1;
    i32: v2 = (s32)a0 > (s32)a1 ? a0 : a1;
    i48: v2 = (s64)((u64)a0 << 16) >> 16 > (s64)((u64)a1 << 16) >> 16 ? a0 : a1;
    i64: v2 = (s64)a0 > (s64)a1 ? a0 : a1;
    i100: v2 = u128_slt(u128_ashr_const(u128_shl_const(a1, 28), 28), u128_ashr_const(u128_shl_const(a0, 28), 28)) ? a0 : a1;
    i128: v2 = u128_slt(a1, a0) ? a0 : a1;
    ");
}

#[test]
fn abs() {
    assert_snapshot!(over_widths(COMMON, "abs", "{T}", "{T} %a, i1 false"), @r"
    i8: v1 = (s8)a0 < 0 ? (u8)(0u - a0) : a0;
    i12: v1 = (s32)((u32)a0 << 20) >> 20 < 0 ? (u16)((0u - a0) & 4095u) : a0;
    i32: v1 = (s32)a0 < 0 ? 0u - a0 : a0;
    i48: v1 = (s64)((u64)a0 << 16) >> 16 < 0ll ? (u64)((0ull - a0) & 0xffffffffffffull) : a0;
    i64: v1 = (s64)a0 < 0ll ? 0ull - a0 : a0;
    i100: v1 = u128_slt(u128_ashr_const(u128_shl_const(a0, 28), 28), u128_make(0ull, 0ull)) ? u128_and(u128_sub(u128_make(0ull, 0ull), a0), u128_make(0xfffffffffull, 0xffffffffffffffffull)) : a0;
    i128: v1 = u128_slt(a0, u128_make(0ull, 0ull)) ? u128_sub(u128_make(0ull, 0ull), a0) : a0;
    ");
}

#[test]
fn three_way_comparison() {
    let list = ["ucmp.i8", "scmp.i8"].map(|name| over_widths(&[12, 32, 64, 128], name, "i8", TWO));
    assert_snapshot!(list.concat(), @r"
    i12: v2 = (u8)((a0 > a1) - (a0 < a1));
    i32: v2 = (u8)((a0 > a1) - (a0 < a1));
    i64: v2 = (u8)((a0 > a1) - (a0 < a1));
    i128: v2 = (u8)(u128_ult(a1, a0) - u128_ult(a0, a1));
    i12: v2 = (u8)(((s32)((u32)a0 << 20) >> 20 > (s32)((u32)a1 << 20) >> 20) - ((s32)((u32)a0 << 20) >> 20 < (s32)((u32)a1 << 20) >> 20));
    i32: v2 = (u8)(((s32)a0 > (s32)a1) - ((s32)a0 < (s32)a1));
    i64: v2 = (u8)(((s64)a0 > (s64)a1) - ((s64)a0 < (s64)a1));
    i128: v2 = (u8)(u128_slt(a1, a0) - u128_slt(a0, a1));
    ");
}

#[test]
fn add_with_overflow() {
    let list = ["uadd.with.overflow", "sadd.with.overflow"]
        .map(|name| over_widths(COMMON, name, "{ {T}, i1 }", TWO));
    assert_snapshot!(list.concat(), @r"
    i8: t2 = __builtin_add_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i12: t2 = __builtin_add_overflow(a0, a1, &t1);
        t3 = (u16)(t1 & 4095u);
        v2.f1 = t2 | (t3 != t1);
        v2.f0 = t3;
    i32: t2 = __builtin_add_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i48: t2 = __builtin_add_overflow(a0, a1, &t1);
        t3 = (u64)(t1 & 0xffffffffffffull);
        v2.f1 = t2 | (t3 != t1);
        v2.f0 = t3;
    i64: t2 = __builtin_add_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i100: t2 = u128_uadd_overflow(a0, a1, &t1);
        t3 = u128_and(t1, u128_make(0xfffffffffull, 0xffffffffffffffffull));
        v2.f1 = t2 | !u128_eq(t3, t1);
        v2.f0 = t3;
    i128: t2 = u128_uadd_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i8: t2 = __builtin_add_overflow((s8)a0, (s8)a1, (s8 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i12: t2 = __builtin_add_overflow((s32)((u32)a0 << 20) >> 20, (s32)((u32)a1 << 20) >> 20, (s16 *)&t1);
        t3 = (u16)(t1 & 4095u);
        v2.f1 = t2 | ((s32)((u32)t3 << 20) >> 20 != (s16)t1);
        v2.f0 = t3;
    i32: t2 = __builtin_add_overflow((s32)a0, (s32)a1, (s32 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i48: t2 = __builtin_add_overflow((s64)((u64)a0 << 16) >> 16, (s64)((u64)a1 << 16) >> 16, (s64 *)&t1);
        t3 = (u64)(t1 & 0xffffffffffffull);
        v2.f1 = t2 | ((s64)((u64)t3 << 16) >> 16 != (s64)t1);
        v2.f0 = t3;
    i64: t2 = __builtin_add_overflow((s64)a0, (s64)a1, (s64 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i100: t2 = u128_sadd_overflow(u128_ashr_const(u128_shl_const(a0, 28), 28), u128_ashr_const(u128_shl_const(a1, 28), 28), &t1);
        t3 = u128_and(t1, u128_make(0xfffffffffull, 0xffffffffffffffffull));
        v2.f1 = t2 | !u128_eq(u128_ashr_const(u128_shl_const(t3, 28), 28), t1);
        v2.f0 = t3;
    i128: t2 = u128_sadd_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    ");
}

#[test]
fn sub_with_overflow() {
    let list = ["usub.with.overflow", "ssub.with.overflow"]
        .map(|name| over_widths(&[32, 64, 128], name, "{ {T}, i1 }", TWO));
    assert_snapshot!(list.concat(), @r"
    i32: t2 = __builtin_sub_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i64: t2 = __builtin_sub_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i128: t2 = u128_usub_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i32: t2 = __builtin_sub_overflow((s32)a0, (s32)a1, (s32 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i64: t2 = __builtin_sub_overflow((s64)a0, (s64)a1, (s64 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i128: t2 = u128_ssub_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    ");
}

#[test]
fn mul_with_overflow() {
    let list = ["umul.with.overflow", "smul.with.overflow"]
        .map(|name| over_widths(&[8, 24, 32, 128], name, "{ {T}, i1 }", TWO));
    assert_snapshot!(list.concat(), @r"
    i8: t2 = __builtin_mul_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i24: t2 = __builtin_mul_overflow(a0, a1, &t1);
        t3 = (u32)(t1 & 0xffffffu);
        v2.f1 = t2 | (t3 != t1);
        v2.f0 = t3;
    i32: t2 = __builtin_mul_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i128: t2 = u128_umul_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i8: t2 = __builtin_mul_overflow((s8)a0, (s8)a1, (s8 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i24: t2 = __builtin_mul_overflow((s32)((u32)a0 << 8) >> 8, (s32)((u32)a1 << 8) >> 8, (s32 *)&t1);
        t3 = (u32)(t1 & 0xffffffu);
        v2.f1 = t2 | ((s32)((u32)t3 << 8) >> 8 != (s32)t1);
        v2.f0 = t3;
    i32: t2 = __builtin_mul_overflow((s32)a0, (s32)a1, (s32 *)&t1);
        v2.f1 = t2;
        v2.f0 = t1;
    i128: t2 = u128_smul_overflow(a0, a1, &t1);
        v2.f1 = t2;
        v2.f0 = t1;
    ");
}

#[test]
fn saturating_arithmetic() {
    let list = ["uadd.sat", "usub.sat", "sadd.sat", "ssub.sat"]
        .map(|name| over_widths(&[8, 24, 64, 128], name, "{T}", TWO));
    assert_snapshot!(list.concat(), @r"
    i8: t2 = __builtin_add_overflow(a0, a1, &t1);
        v2 = t2 ? 255u : t1;
    i24: t2 = __builtin_add_overflow(a0, a1, &t1);
        t3 = (u32)(t1 & 0xffffffu);
        t4 = t2 | (t3 != t1);
        v2 = t4 ? 0xffffffu : t3;
    i64: t2 = __builtin_add_overflow(a0, a1, &t1);
        v2 = t2 ? 0xffffffffffffffffull : t1;
    i128: t2 = u128_uadd_overflow(a0, a1, &t1);
        v2 = t2 ? u128_make(0xffffffffffffffffull, 0xffffffffffffffffull) : t1;
    i8: t2 = __builtin_sub_overflow(a0, a1, &t1);
        v2 = t2 ? 0u : t1;
    i24: t2 = __builtin_sub_overflow(a0, a1, &t1);
        t3 = (u32)(t1 & 0xffffffu);
        t4 = t2 | (t3 != t1);
        v2 = t4 ? 0u : t3;
    i64: t2 = __builtin_sub_overflow(a0, a1, &t1);
        v2 = t2 ? 0ull : t1;
    i128: t2 = u128_usub_overflow(a0, a1, &t1);
        v2 = t2 ? u128_make(0ull, 0ull) : t1;
    i8: t2 = __builtin_add_overflow((s8)a0, (s8)a1, (s8 *)&t1);
        v2 = t2 ? ((s8)a0 < 0 ? 128u : 127u) : t1;
    i24: t2 = __builtin_add_overflow((s32)((u32)a0 << 8) >> 8, (s32)((u32)a1 << 8) >> 8, (s32 *)&t1);
        t3 = (u32)(t1 & 0xffffffu);
        t4 = t2 | ((s32)((u32)t3 << 8) >> 8 != (s32)t1);
        v2 = t4 ? ((s32)((u32)a0 << 8) >> 8 < 0 ? 0x800000u : 0x7fffffu) : t3;
    i64: t2 = __builtin_add_overflow((s64)a0, (s64)a1, (s64 *)&t1);
        v2 = t2 ? ((s64)a0 < 0ll ? 0x8000000000000000ull : 0x7fffffffffffffffull) : t1;
    i128: t2 = u128_sadd_overflow(a0, a1, &t1);
        v2 = t2 ? (u128_slt(a0, u128_make(0ull, 0ull)) ? u128_make(0x8000000000000000ull, 0ull) : u128_make(0x7fffffffffffffffull, 0xffffffffffffffffull)) : t1;
    i8: t2 = __builtin_sub_overflow((s8)a0, (s8)a1, (s8 *)&t1);
        v2 = t2 ? ((s8)a0 < 0 ? 128u : 127u) : t1;
    i24: t2 = __builtin_sub_overflow((s32)((u32)a0 << 8) >> 8, (s32)((u32)a1 << 8) >> 8, (s32 *)&t1);
        t3 = (u32)(t1 & 0xffffffu);
        t4 = t2 | ((s32)((u32)t3 << 8) >> 8 != (s32)t1);
        v2 = t4 ? ((s32)((u32)a0 << 8) >> 8 < 0 ? 0x800000u : 0x7fffffu) : t3;
    i64: t2 = __builtin_sub_overflow((s64)a0, (s64)a1, (s64 *)&t1);
        v2 = t2 ? ((s64)a0 < 0ll ? 0x8000000000000000ull : 0x7fffffffffffffffull) : t1;
    i128: t2 = u128_ssub_overflow(a0, a1, &t1);
        v2 = t2 ? (u128_slt(a0, u128_make(0ull, 0ull)) ? u128_make(0x8000000000000000ull, 0ull) : u128_make(0x7fffffffffffffffull, 0xffffffffffffffffull)) : t1;
    ");
}

#[test]
fn counting_bits() {
    let list = [
        over_widths(COMMON, "ctlz", "{T}", "{T} %a, i1 false"),
        over_widths(COMMON, "cttz", "{T}", "{T} %a, i1 true"),
        over_widths(COMMON, "ctpop", "{T}", "{T} %a"),
    ];
    assert_snapshot!(list.concat(), @r"
    i8: v1 = (u8)(u32_ctlz((u32)a0) - 24u);
    i12: v1 = (u16)(u32_ctlz((u32)a0) - 20u);
    i32: v1 = u32_ctlz(a0);
    i48: v1 = u64_ctlz(a0) - 16ull;
    i64: v1 = u64_ctlz(a0);
    i100: v1 = u128_sub(u128_ctlz(a0), u128_make(0ull, 28ull));
    i128: v1 = u128_ctlz(a0);
    i8: v1 = (u8)u32_cttz((u32)a0 | 256u);
    i12: v1 = (u16)u32_cttz((u32)a0 | 4096u);
    i32: v1 = u32_cttz(a0);
    i48: v1 = u64_cttz(a0 | 0x1000000000000ull);
    i64: v1 = u64_cttz(a0);
    i100: v1 = u128_cttz(u128_or(a0, u128_make(0x1000000000ull, 0ull)));
    i128: v1 = u128_cttz(a0);
    i8: v1 = (u8)u32_ctpop((u32)a0);
    i12: v1 = (u16)u32_ctpop((u32)a0);
    i32: v1 = u32_ctpop(a0);
    i48: v1 = u64_ctpop(a0);
    i64: v1 = u64_ctpop(a0);
    i100: v1 = u128_ctpop(a0);
    i128: v1 = u128_ctpop(a0);
    ");
}

#[test]
fn reversing() {
    let list = [
        over_widths(COMMON, "bitreverse", "{T}", "{T} %a"),
        over_widths(&[16, 32, 48, 64, 112, 128], "bswap", "{T}", "{T} %a"),
    ];
    assert_snapshot!(list.concat(), @r"
    i8: v1 = (u8)(u32_bitreverse((u32)a0) >> 24);
    i12: v1 = (u16)(u32_bitreverse((u32)a0) >> 20);
    i32: v1 = u32_bitreverse(a0);
    i48: v1 = u64_bitreverse(a0) >> 16;
    i64: v1 = u64_bitreverse(a0);
    i100: v1 = u128_lshr_const(u128_bitreverse(a0), 28);
    i128: v1 = u128_bitreverse(a0);
    i16: v1 = (u16)(u32_bswap((u32)a0) >> 16);
    i32: v1 = u32_bswap(a0);
    i48: v1 = u64_bswap(a0) >> 16;
    i64: v1 = u64_bswap(a0);
    i112: v1 = u128_lshr_const(u128_bswap(a0), 16);
    i128: v1 = u128_bswap(a0);
    ");
}

#[test]
fn funnel_shifts_by_a_variable() {
    let list = ["fshl", "fshr"]
        .map(|name| over_widths(&[8, 24, 32, 64, 128], name, "{T}", "{T} %a, {T} %b, {T} %c"));
    assert_snapshot!(list.concat(), @r"
    i8: t1 = (u32)a2 & 7;
        v3 = t1 ? (u8)((u8)((u32)a0 << (t1 & 31)) | (u8)(a1 >> ((8 - t1) & 31))) : a0;
    i24: t1 = (u32)(a2 % 24u);
        v3 = t1 ? (u32)((a0 << (t1 & 31)) & 0xffffffu) | (a1 >> ((24 - t1) & 31)) : a0;
    i32: t1 = a2 & 31;
        v3 = t1 ? (a0 << (t1 & 31)) | (a1 >> ((32 - t1) & 31)) : a0;
    i64: t1 = (u32)a2 & 63;
        v3 = t1 ? (a0 << (t1 & 63)) | (a1 >> ((64 - t1) & 63)) : a0;
    i128: t1 = (u32)a2.l & 127;
        v3 = t1 ? u128_or(u128_shl(a0, t1), u128_lshr(a1, 128 - t1)) : a0;
    i8: t1 = (u32)a2 & 7;
        v3 = t1 ? (u8)((u8)((u32)a0 << ((8 - t1) & 31)) | (u8)(a1 >> (t1 & 31))) : a1;
    i24: t1 = (u32)(a2 % 24u);
        v3 = t1 ? (u32)((a0 << ((24 - t1) & 31)) & 0xffffffu) | (a1 >> (t1 & 31)) : a1;
    i32: t1 = a2 & 31;
        v3 = t1 ? (a0 << ((32 - t1) & 31)) | (a1 >> (t1 & 31)) : a1;
    i64: t1 = (u32)a2 & 63;
        v3 = t1 ? (a0 << ((64 - t1) & 63)) | (a1 >> (t1 & 63)) : a1;
    i128: t1 = (u32)a2.l & 127;
        v3 = t1 ? u128_or(u128_shl(a0, 128 - t1), u128_lshr(a1, t1)) : a1;
    ");
}

#[test]
fn funnel_shifts_by_a_constant() {
    let widths = &[8, 12, 32, 128];
    let list = [
        over_widths(widths, "fshl", "{T}", "{T} %a, {T} %b, {T} 3"),
        over_widths(widths, "fshr", "{T}", "{T} %a, {T} %b, {T} 15"),
        over_widths(widths, "fshl", "{T}", "{T} %a, {T} %b, {T} 0"),
    ];
    assert_snapshot!(list.concat(), @r"
    i8: v2 = (u8)((u8)((u32)a0 << 3) | (u8)(a1 >> 5));
    i12: v2 = (u16)((u16)(((u32)a0 << 3) & 4095u) | (u16)(a1 >> 9));
    i32: v2 = (a0 << 3) | (a1 >> 29);
    i128: v2 = u128_or(u128_shl_const(a0, 3), u128_lshr_const(a1, 125));
    i8: v2 = (u8)((u8)((u32)a0 << 1) | (u8)(a1 >> 7));
    i12: v2 = (u16)((u16)(((u32)a0 << 9) & 4095u) | (u16)(a1 >> 3));
    i32: v2 = (a0 << 17) | (a1 >> 15);
    i128: v2 = u128_or(u128_shl_const(a0, 113), u128_lshr_const(a1, 15));
    i8: v2 = a0;
    i12: v2 = a0;
    i32: v2 = a0;
    i128: v2 = a0;
    ");
}

#[test]
fn rotations() {
    let list = ["fshl", "fshr"].map(|name| {
        [8, 32, 64, 128].map(|bits| {
            let ty = format!("i{bits}");
            let (params, args) =
                (format!("{ty} %a, {ty} %n"), format!("{ty} %a, {ty} %a, {ty} %n"));
            call(&format!("{name}.{ty}"), &ty, &params, &args) + "\n"
        })
    });
    assert_snapshot!(list.concat().concat(), @r"
    t1 = (u32)a1 & 7;
    v2 = (u8)(((u32)a0 << t1) | ((u32)a0 >> (-t1 & 7)));
    t1 = a1 & 31;
    v2 = (a0 << t1) | (a0 >> (-t1 & 31));
    t1 = (u32)a1 & 63;
    v2 = (a0 << t1) | (a0 >> (-t1 & 63));
    t1 = (u32)a1.l & 127;
    v2 = t1 ? u128_or(u128_shl(a0, t1), u128_lshr(a0, 128 - t1)) : a0;
    t1 = (u32)a1 & 7;
    v2 = (u8)(((u32)a0 << (-t1 & 7)) | ((u32)a0 >> t1));
    t1 = a1 & 31;
    v2 = (a0 << (-t1 & 31)) | (a0 >> t1);
    t1 = (u32)a1 & 63;
    v2 = (a0 << (-t1 & 63)) | (a0 >> t1);
    t1 = (u32)a1.l & 127;
    v2 = t1 ? u128_or(u128_shl(a0, 128 - t1), u128_lshr(a0, t1)) : a0;
    ");
}

#[test]
fn hints_vanish() {
    let ir = "\
define i32 @f(i1 %c, i32 %a, ptr %p) {
  call void @llvm.assume(i1 %c)
  call void @llvm.experimental.noalias.scope.decl(metadata !1)
  %b = call i32 @llvm.expect.i32(i32 %a, i32 1)
  %d = call i1 @llvm.is.constant.i32(i32 %a)
  %e = call ptr @llvm.ptrmask.p0.i32(ptr %p, i32 -4)
  %g = call i32 @llvm.objectsize.i32.p0(ptr %p, i1 false, i1 true, i1 false)
  ret i32 %b
}
declare void @llvm.assume(i1)
declare void @llvm.experimental.noalias.scope.decl(metadata)
declare i32 @llvm.expect.i32(i32, i32)
declare i1 @llvm.is.constant.i32(i32)
declare ptr @llvm.ptrmask.p0.i32(ptr, i32)
declare i32 @llvm.objectsize.i32.p0(ptr, i1, i1, i1)
!1 = !{}
";
    assert_snapshot!(statements(ir), @r"
    v3 = a1;
    v4 = 0;
    v5 = (ptr)((u32)a2 & 0xfffffffcu);
    v6 = 0xffffffffu;
    return v3;
    ");
}

#[test]
fn traps() {
    let list = [call("trap", "void", "", ""), call("debugtrap", "void", "", "")];
    assert_snapshot!(list.join("\n"), @r#"
    __builtin_trap();
    __asm__ volatile("trap #15" : : : "memory");
    "#);
}

#[test]
fn copies() {
    let args = |length: &str, volatile: &str| {
        format!("ptr align 2 %a, ptr align 4 %b, {length}, i1 {volatile}")
    };
    let params = "ptr %a, ptr %b, i32 %n, i64 %m";
    let list = [
        call("memcpy.p0.p0.i32", "void", params, &args("i32 16", "false")),
        call("memcpy.p0.p0.i32", "void", params, "ptr %a, ptr %b, i32 16, i1 false"),
        call("memcpy.p0.p0.i32", "void", params, &args("i32 %n", "false")),
        call("memcpy.p0.p0.i64", "void", params, &args("i64 %m", "false")),
        call("memcpy.p0.p0.i32", "void", params, &args("i32 0", "false")),
        call("memcpy.inline.p0.p0.i32", "void", params, &args("i32 8", "false")),
        call("memmove.p0.p0.i32", "void", params, &args("i32 16", "false")),
        call("memcpy.p0.p0.i32", "void", params, &args("i32 16", "true")),
    ];
    assert_snapshot!(list.join("\n"), @r"
    __builtin_memcpy(__builtin_assume_aligned(a0, 2), __builtin_assume_aligned(a1, 2), 16);
    __builtin_memcpy(a0, a1, 16);
    memcpy(a0, a1, a2);
    memcpy(a0, a1, (u32)a3);

    __builtin_memcpy(__builtin_assume_aligned(a0, 2), __builtin_assume_aligned(a1, 2), 8);
    __builtin_memmove(a0, a1, 16);
    volatile_copy(a0, a1, 16);
    ");
}

#[test]
fn fills() {
    let list = [
        call("memset.p0.i32", "void", "ptr %a, i8 %x", "ptr %a, i8 %x, i32 16, i1 false"),
        call("memset.p0.i32", "void", "ptr %a, i32 %n", "ptr %a, i8 0, i32 %n, i1 false"),
        call("memset.p0.i32", "void", "ptr %a", "ptr %a, i8 0, i32 16, i1 true"),
    ];
    assert_snapshot!(list.join("\n"), @r"
    __builtin_memset(a0, a1, 16);
    memset(a0, 0u, a1);
    volatile_fill(a0, 0u, 16);
    ");
}
