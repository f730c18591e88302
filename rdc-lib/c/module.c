/*
 * Compiled with each module, not part of the library: the name that reports
 * call it by.
 */
const char __module_name[] = __MODULE_NAME__;
