#include <asm/extable.h>
int __kernel_text_address(unsigned long addr);
