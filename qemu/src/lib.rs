//! Starts QEMU nodes.
