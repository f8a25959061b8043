/* The memory traffic of one optimizer step and nothing else: each array is read once and, but for the gradient,
   written once. gcc -O3 -march=native -shared -fPIC stream_limit.c -o stream_limit.so */
#include <stddef.h>

#define KERNELS(TYPE, SUFFIX)                                                                                   \
    void one_state_##SUFFIX(TYPE *restrict theta, const TYPE *restrict g, TYPE *restrict v, size_t n) {         \
        for (size_t i = 0; i < n; i++) {                                                                        \
            TYPE a = v[i] + g[i];                                                                               \
            v[i] = a;                                                                                           \
            theta[i] -= a;                                                                                      \
        }                                                                                                       \
    }                                                                                                           \
    void two_states_##SUFFIX(TYPE *restrict theta, const TYPE *restrict g, TYPE *restrict m, TYPE *restrict v,  \
                             size_t n) {                                                                        \
        for (size_t i = 0; i < n; i++) {                                                                        \
            TYPE a = m[i] + g[i], b = v[i] + g[i];                                                              \
            m[i] = a;                                                                                           \
            v[i] = b;                                                                                           \
            theta[i] -= a + b;                                                                                  \
        }                                                                                                       \
    }

KERNELS(float, float32)
KERNELS(double, float64)
