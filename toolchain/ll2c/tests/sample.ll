; ModuleID = 'sample'
source_filename = "sample"
target datalayout = "E-m:e-p:32:16:32-i8:8:8-i16:16:16-i32:16:32-n8:16:32-a:0:16-S16"

%"core::fmt::Arguments<'_>" = type { ptr, %Inner, [2 x i16] }
%Inner = type <{ i8, i32 }>

@alloc_1 = private unnamed_addr constant [5 x i8] c"a\00\22b\\", align 1
@vtable.0 = private constant <{ ptr, [8 x i8], ptr }> <{ ptr @drop, [8 x i8] c"\00\00\00\04\00\00\00\02", ptr getelementptr inbounds (i8, ptr @alloc_1, i32 3) }>, align 2
@counter = dso_local global i32 zeroinitializer, section ".bss.counter", align 4
@end = external global [0 x i8]
@same = alias i32, ptr @counter
@llvm.compiler.used = appending global [1 x ptr] [ptr @counter], section "llvm.metadata"

module asm ".globl here"

; Function Attrs: nounwind
define dso_local noundef i32 @sum(ptr noalias noundef nonnull readonly align 4 captures(none) %p.0, i32 noundef range(i32 0, 100) %p.1) unnamed_addr #0 !dbg !5 {
start:
    #dbg_value(ptr %p.0, !9, !DIExpression(), !7)
  %buf = alloca [16 x i8], align 4
  call void @llvm.lifetime.start.p0(i64 16, ptr nonnull %buf)
  %empty = icmp samesign ult i32 %p.1, 1, !dbg !7
  br i1 %empty, label %done, label %"bb loop", !dbg !7

"bb loop":                                        ; preds = %"bb loop", %start
  %i = phi i32 [ 0, %start ], [ %i.next, %"bb loop" ]
  %acc = phi i32 [ 0, %start ], [ %acc.next, %"bb loop" ], !dbg !7
  %at = getelementptr inbounds nuw i32, ptr %p.0, i32 %i, !dbg !8
  %x = load i32, ptr %at, align 4, !dbg !8, !noundef !4
  %pair = tail call { i32, i1 } @llvm.sadd.with.overflow.i32(i32 %acc, i32 %x), !dbg !8
  %acc.next = extractvalue { i32, i1 } %pair, 0
  %i.next = add nuw nsw i32 %i, 1
  %more = icmp slt i32 %i.next, %p.1
  br i1 %more, label %"bb loop", label %done, !dbg !7

done:                                             ; preds = %"bb loop", %start
  %result = phi i32 [ 0, %start ], [ %acc.next, %"bb loop" ]
  %wide = zext nneg i32 %result to i128
  %big = mul i128 %wide, -170141183460469231731687303715884105728
  %bits = trunc i128 %big to i8
  switch i8 %bits, label %out [
    i8 -128, label %one
    i8 127, label %out
  ], !dbg !8

one:                                              ; preds = %done
  %old = atomicrmw add ptr @counter, i32 1 seq_cst, align 4
  %changed = cmpxchg ptr @counter, i32 %old, i32 0 acq_rel monotonic, align 4
  fence syncscope("singlethread") acquire
  store volatile i32 %old, ptr inttoptr (i32 4096 to ptr), align 4
  %sr = call i16 asm sideeffect alignstack "move.w %sr, ${0}", "=&d,~{ccr},~{memory}"() #2, !srcloc !4
  call void @panic(ptr noundef byval(%Inner) align 1 @alloc_1, metadata !4) #1
  unreachable

out:                                              ; preds = %done, %done
  %f = uitofp nneg i32 %result to double
  %g = fadd contract double %f, 1.500000e+00
  %h = fcmp uno double %g, 0x7FF8000000000000
  %s = select i1 %h, i32 poison, i32 %result
  %frozen = freeze i32 %s
  ret i32 %frozen
}

define internal fastcc void @drop(ptr %0) #2 {
  %2 = load ptr, ptr %0, align 2
  tail call fastcc void %2(ptr nonnull %0)
  ret void
}

declare i32 @printf(ptr, ...) local_unnamed_addr

; Function Attrs: cold noreturn
declare void @panic(ptr, metadata) #1

attributes #0 = { nounwind memory(read, argmem: readwrite) "target-cpu"="M68020" }
attributes #1 = { cold noreturn alignstack=4 }
attributes #2 = { nounwind }

!llvm.dbg.cu = !{!1}

!1 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, producer: "rustc", emissionKind: FullDebug)
!2 = !DIFile(filename: "src/main.rs", directory: "/x")
!4 = !{i64 12}
!5 = distinct !DISubprogram(name: "sum", scope: !6, file: !2, line: 10, unit: !1)
!6 = !DINamespace(name: "sample", scope: null)
!7 = !DILocation(line: 11, column: 5, scope: !5)
!8 = !DILocation(line: 12, column: 9, scope: !5)
!9 = !DILocalVariable(name: "p", scope: !5)
