| Where the caller stands, for a backtrace.

#include "routine.h"

| void rdc_here(u32 into[3]): PC, SP and A6 of the caller after the call
    ROUTINE rdc_here
    movea.l 4(%sp),%a0
    move.l  (%sp),(%a0)+
    lea     4(%sp),%a1
    move.l  %a1,(%a0)+
    move.l  %a6,(%a0)
    rts
    END_ROUTINE rdc_here
