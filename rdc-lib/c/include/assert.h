/*
 * Assertions: one that does not hold is reported with its place and with who
 * called whom, and ends the incarnation as abort does. There is no guard: each
 * inclusion looks at NDEBUG again.
 */
#undef assert

#ifdef NDEBUG
#define assert(expression)	((void)0)
#else
void __assertion_failed(const char *expression, const char *file,
    unsigned int line, const char *function) __attribute__((noreturn));

#define assert(expression)						\
	((expression) ? (void)0 :					\
	    __assertion_failed(#expression, __FILE__, __LINE__, __func__))
#endif

#undef static_assert
#define static_assert	_Static_assert
