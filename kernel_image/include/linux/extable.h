#include <asm/extable.h>
