//! Atomic accesses.

use insta::assert_snapshot;

use super::{instruction, statements};

#[test]
fn loads_and_stores() {
    let ir = "\
define void @f(ptr %p) {
  %a = load atomic i8, ptr %p monotonic, align 1
  %b = load atomic i16, ptr %p acquire, align 2
  %c = load atomic i32, ptr %p seq_cst, align 4
  %d = load atomic ptr, ptr %p unordered, align 4
  store atomic i32 %c, ptr %p release, align 4
  store atomic i8 0, ptr %p seq_cst, align 1
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    v1 = __atomic_load_n((u8 *)a0, __ATOMIC_RELAXED);
    v2 = __atomic_load_n((u16 *)a0, __ATOMIC_ACQUIRE);
    v3 = __atomic_load_n((u32 *)a0, __ATOMIC_SEQ_CST);
    v4 = __atomic_load_n((ptr *)a0, __ATOMIC_RELAXED);
    __atomic_store_n((u32 *)a0, v3, __ATOMIC_RELEASE);
    __atomic_store_n((u8 *)a0, 0u, __ATOMIC_SEQ_CST);
    return;
    ");
}

#[test]
fn read_modify_write() {
    let ops = ["xchg", "add", "sub", "and", "nand", "or", "xor", "max", "min", "umax", "umin"];
    let list = ops.map(|op| {
        instruction("i16", "ptr %p, i16 %x", &format!("atomicrmw {op} ptr %p, i16 %x acq_rel"))
            + "\n"
    });
    assert_snapshot!(list.concat(), @r"
    v2 = __atomic_exchange_n((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = __atomic_fetch_add((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = __atomic_fetch_sub((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = __atomic_fetch_and((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = __atomic_fetch_nand((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = __atomic_fetch_or((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = __atomic_fetch_xor((u16 *)a0, a1, __ATOMIC_ACQ_REL);
    v2 = u16_fetch_max((u16 *)a0, a1);
    v2 = u16_fetch_min((u16 *)a0, a1);
    v2 = u16_fetch_umax((u16 *)a0, a1);
    v2 = u16_fetch_umin((u16 *)a0, a1);
    ");
}

#[test]
fn exchange_of_pointers() {
    let text = instruction("ptr", "ptr %p, ptr %x", "atomicrmw xchg ptr %p, ptr %x seq_cst");
    assert_snapshot!(text, @"v2 = __atomic_exchange_n((ptr *)a0, a1, __ATOMIC_SEQ_CST);");
}

#[test]
fn compare_and_exchange() {
    let ir = "cmpxchg weak ptr %p, i32 %a, i32 %b acq_rel monotonic";
    let text = instruction("{ i32, i1 }", "ptr %p, i32 %a, i32 %b", ir);
    assert_snapshot!(text, @r"
    t1 = a1;
    v3.f1 = __atomic_compare_exchange_n((u32 *)a0, &t1, a2, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    v3.f0 = t1;
    ");
}

#[test]
fn orders_of_compare_and_exchange_become_c() {
    let orders = ["release acquire", "monotonic acquire", "acquire seq_cst", "seq_cst monotonic"];
    let list = orders.map(|orders| {
        let ir = format!("cmpxchg ptr %p, i8 0, i8 1 {orders}");
        instruction("{ i8, i1 }", "ptr %p", &ir) + "\n"
    });
    assert_snapshot!(list.concat(), @r"
    t1 = 0u;
    v1.f1 = __atomic_compare_exchange_n((u8 *)a0, &t1, 1u, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    v1.f0 = t1;
    t1 = 0u;
    v1.f1 = __atomic_compare_exchange_n((u8 *)a0, &t1, 1u, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
    v1.f0 = t1;
    t1 = 0u;
    v1.f1 = __atomic_compare_exchange_n((u8 *)a0, &t1, 1u, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    v1.f0 = t1;
    t1 = 0u;
    v1.f1 = __atomic_compare_exchange_n((u8 *)a0, &t1, 1u, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    v1.f0 = t1;
    ");
}

#[test]
fn fences() {
    let ir = "\
define void @f() {
  fence acquire
  fence syncscope(\"singlethread\") seq_cst
  ret void
}
";
    assert_snapshot!(statements(ir), @r"
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return;
    ");
}
