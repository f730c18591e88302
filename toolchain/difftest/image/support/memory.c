/* The functions that rustc and GCC call for copying, filling and comparing,
 * byte by byte: here they must be right, not fast. */

typedef __SIZE_TYPE__ size_t;
typedef unsigned char byte;

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
        byte *target = to;
        const byte *source = from;
        while (length--)
                *target++ = *source++;
        return to;
}

void *memmove(void *to, const void *from, size_t length)
{
        byte *target = to;
        const byte *source = from;
        if (target < source)
                return memcpy(to, from, length);
        while (length--)
                target[length] = source[length];
        return to;
}

void *memset(void *to, int value, size_t length)
{
        byte *target = to;
        while (length--)
                *target++ = value;
        return to;
}

int memcmp(const void *left, const void *right, size_t length)
{
        const byte *a = left, *b = right;
        for (; length--; a++, b++)
                if (*a != *b)
                        return *a - *b;
        return 0;
}

int bcmp(const void *left, const void *right, size_t length)
{
        return memcmp(left, right, length);
}
