#include <asm/percpu.h>
