//! Builds for the 680x0.
