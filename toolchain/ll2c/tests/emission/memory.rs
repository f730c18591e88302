//! Loads, stores, addresses, stack slots.

use insta::assert_snapshot;

use super::{WIDTHS, instruction, over_widths, program, statements};

#[test]
fn loads() {
    assert_snapshot!(over_widths(WIDTHS, "{T}", "ptr %p", "load {T}, ptr %p"), @r"
    i1: v1 = *(u8 *)a0 & 1;
    i8: v1 = *(u8 *)a0;
    i12: v1 = (u16)(u64_load_bytes(a0, 2) & 4095u);
    i16: v1 = *(u16 *)a0;
    i24: v1 = (u32)(u64_load_bytes(a0, 3) & 0xffffffu);
    i32: v1 = *(u32 *)a0;
    i48: v1 = (u64)(u64_load_bytes(a0, 6) & 0xffffffffffffull);
    i64: v1 = *(u64 *)a0;
    i100: v1 = u128_and(u128_load_bytes(a0, 13), u128_make(0xfffffffffull, 0xffffffffffffffffull));
    i128: v1 = u128_load(a0);
    i200: v1 = u256_and(u256_load_bytes(a0, 25), u256_make(u128_make(255ull, 0xffffffffffffffffull), u128_make(0xffffffffffffffffull, 0xffffffffffffffffull)));
    i256: v1 = u256_load_bytes(a0, 32);
    ");
}

#[test]
fn stores() {
    let lines = WIDTHS.iter().map(|width| {
        let store = format!("store i{width} %a, ptr %p");
        let ir = format!("define void @f(i{width} %a, ptr %p) {{\n  {store}\n  ret void\n}}\n");
        statements(&ir).lines().next().unwrap_or_default().to_owned()
    });
    let list = lines.collect::<Vec<_>>().join("\n");
    assert_snapshot!(list, @r"
    *(u8 *)a1 = a0;
    *(u8 *)a1 = a0;
    u64_store_bytes(a1, a0, 2);
    *(u16 *)a1 = a0;
    u64_store_bytes(a1, a0, 3);
    *(u32 *)a1 = a0;
    u64_store_bytes(a1, a0, 6);
    *(u64 *)a1 = a0;
    u128_store_bytes(a1, a0, 13);
    u128_store(a1, a0);
    u256_store_bytes(a1, a0, 25);
    u256_store_bytes(a1, a0, 32);
    ");
}

#[test]
fn loads_of_other_scalars() {
    let list = ["ptr", "float", "double"]
        .map(|ty| instruction(ty, "ptr %p", &format!("load {ty}, ptr %p")) + "\n");
    assert_snapshot!(list.concat(), @r"
    v1 = *(ptr *)a0;
    v1 = *(f32 *)a0;
    v1 = *(f64 *)a0;
    ");
}

#[test]
fn an_odd_address() {
    let list = ["i8", "i16", "i32", "i64", "i128", "ptr", "double"]
        .map(|ty| instruction(ty, "ptr %p", &format!("load {ty}, ptr %p, align 1")) + "\n");
    assert_snapshot!(list.concat(), @r"
    v1 = *(u8 *)a0;
    v1 = *(u16_unaligned *)a0;
    v1 = *(u32_unaligned *)a0;
    v1 = *(u64_unaligned *)a0;
    v1 = u128_load(a0);
    v1 = *(ptr_unaligned *)a0;
    v1 = *(f64_unaligned *)a0;
    ");
}

#[test]
fn volatile_accesses() {
    let ir = "\
define void @f(ptr %p, ptr %q) {
  %b = load volatile i8, ptr %p
  %w = load volatile i16, ptr %p
  %l = load volatile i32, ptr %p
  %a = load volatile ptr, ptr %p
  store volatile i32 %l, ptr %q, align 4
  store volatile i32 undef, ptr %q, align 4
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    v2 = *(volatile u8 *)a0;
    v3 = *(volatile u16 *)a0;
    v4 = *(volatile u32 *)a0;
    v5 = *(volatile ptr *)a0;
    *(volatile u32 *)a1 = v4;
    *(volatile u32 *)a1 = 0u;
    return;
    ");
}

#[test]
fn structs_go_field_by_field() {
    let ir = "\
define void @f(ptr %p, ptr %q) {
  %s = load { i8, i32, { i16, i1 } }, ptr %p
  store { i8, i32, { i16, i1 } } %s, ptr %q
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    typedef struct { u32 f0; u32 f1; } T0;
    typedef struct { u32 f0; u32 f1; T0 f2; } T1;
    void f1_f(ptr, ptr) __asm__("f");
    void f1_f(ptr a0, ptr a1) {
      ptr t1, t2;
      T1 v2;
      t1 = a0 + 6;
      v2 = (T1){*(u8 *)a0, *(u32 *)(a0 + 2), (T0){*(u16 *)t1, *(u8 *)(t1 + 2) & 1}};
      *(u8 *)a1 = v2.f0;
      *(u32 *)(a1 + 2) = v2.f1;
      t2 = a1 + 6;
      *(u16 *)t2 = v2.f2.f0;
      *(u8 *)(t2 + 2) = v2.f2.f1;
      return;
    }
    "#);
}

#[test]
fn packed_structs_are_read_at_odd_addresses() {
    let ir = "\
define <{ i8, i32, i16 }> @f(ptr %p) {
  %s = load <{ i8, i32, i16 }>, ptr %p, align 1
  ret <{ i8, i32, i16 }> %s
}
";
    assert_snapshot!(statements(ir), @r"
    v1 = (T0){*(u8 *)a0, *(u32_unaligned *)(a0 + 1), *(u16_unaligned *)(a0 + 5)};
    return v1;
    ");
}

#[test]
fn arrays_go_element_by_element() {
    let text = instruction("[3 x i16]", "ptr %p", "load [3 x i16], ptr %p");
    assert_snapshot!(text, @"v1 = (T0){*(u16 *)a0, *(u16 *)(a0 + 2), *(u16 *)(a0 + 4)};");
}

#[test]
fn zero_and_undef_stores() {
    let ir = "\
define void @f(ptr %p) {
  store [100 x i32] zeroinitializer, ptr %p
  store [100 x i32] undef, ptr %p
  store { i32, i32 } { i32 1, i32 2 }, ptr %p
  store ptr null, ptr %p
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    __builtin_memset(a0, 0, 400);
    t1 = (T0){1u, 2u};
    *(u32 *)a0 = t1.f0;
    *(u32 *)(a0 + 4) = t1.f1;
    *(ptr *)a0 = (ptr)0;
    return;
    ");
}

#[test]
fn addresses() {
    let ir = "\
%pair = type { i8, i64 }
define void @f(ptr %p, i8 %b, i32 %l, i64 %q) {
  %1 = getelementptr inbounds nuw i8, ptr %p, i32 12
  %2 = getelementptr inbounds i8, ptr %p, i32 -4
  %3 = getelementptr i8, ptr %p, i32 %l
  %4 = getelementptr i32, ptr %p, i8 %b
  %5 = getelementptr i16, ptr %p, i64 %q
  %6 = getelementptr %pair, ptr %p, i32 0, i32 1
  %7 = getelementptr [10 x %pair], ptr %p, i32 1, i32 %l, i32 1
  %8 = getelementptr {}, ptr %p, i32 %l
  %9 = getelementptr i32, ptr null, i32 3
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    v4 = a0 + 12;
    v5 = a0 - 4u;
    v6 = a0 + (s32)a2;
    v7 = a0 + (s32)((u32)(s8)a1 * 4u);
    v8 = a0 + (s32)((u32)a3 * 2u);
    v9 = a0 + 4;
    v10 = a0 + (s32)(a2 * 12u) + 124;
    v11 = a0;
    v12 = (ptr)0 + 12;
    return;
    ");
}

#[test]
fn slots_for_each_alloca() {
    let ir = "\
define void @f() {
  %a = alloca [3 x i8], align 1
  %b = alloca i64, i32 4, align 8
  %c = alloca {}
  store i64 1, ptr %b
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    void f1_f(void) __asm__("f");
    void f1_f(void) {
      u8 slot0[3] __attribute__((aligned(1)));
      u8 slot1[32] __attribute__((aligned(8)));
      u8 slot2[1] __attribute__((aligned(1)));
      *(u64 *)(ptr)slot1 = 1ull;
      return;
    }
    "#);
}

const MARKERS: &str = "\
declare void @use(ptr)
declare void @llvm.lifetime.start.p0(ptr)
declare void @llvm.lifetime.end.p0(ptr)
";

#[test]
fn allocas_that_live_one_after_the_other_share_a_slot() {
    let ir = "\
define void @f() {
  %a = alloca [8 x i8], align 2
  %b = alloca [40 x i8], align 4
  %c = alloca [4 x i8]
  call void @llvm.lifetime.start.p0(ptr %a)
  call void @use(ptr %a)
  call void @llvm.lifetime.end.p0(ptr %a)
  call void @llvm.lifetime.start.p0(ptr %b)
  call void @use(ptr %b)
  call void @llvm.lifetime.start.p0(ptr %c)
  call void @use(ptr %c)
  call void @llvm.lifetime.end.p0(ptr %c)
  call void @llvm.lifetime.end.p0(ptr %b)
  ret void
}
";
    assert_snapshot!(program(&format!("{ir}{MARKERS}")), @r#"
    void f1_f(void) __asm__("f");
    extern void f2_use(ptr) __asm__("use");
    void f1_f(void) {
      u8 slot0[40] __attribute__((aligned(4)));
      u8 slot1[4] __attribute__((aligned(1)));
      f2_use((ptr)slot0);
      f2_use((ptr)slot0);
      f2_use((ptr)slot1);
      return;
    }
    "#);
}

#[test]
fn allocas_alive_around_a_loop_share_nothing() {
    let ir = "\
define void @f(i1 %c) {
  %a = alloca i32
  %b = alloca i32
  br label %loop
loop:
  call void @llvm.lifetime.start.p0(ptr %a)
  call void @use(ptr %b)
  call void @llvm.lifetime.end.p0(ptr %b)
  call void @llvm.lifetime.start.p0(ptr %b)
  call void @llvm.lifetime.end.p0(ptr %a)
  br i1 %c, label %loop, label %end
end:
  ret void
}
";
    assert_snapshot!(program(&format!("{ir}{MARKERS}")), @r#"
    void f1_f(u8) __asm__("f");
    extern void f2_use(ptr) __asm__("use");
    void f1_f(u8 a0) {
      u8 slot0[4] __attribute__((aligned(2)));
      u8 slot1[4] __attribute__((aligned(2)));
      goto L1;
      L1:;
      f2_use((ptr)slot1);
      if (a0) { goto L1; } else { goto L2; }
      L2:;
      return;
    }
    "#);
}
