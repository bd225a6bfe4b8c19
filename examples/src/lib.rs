//! The examples stand beside this file; start with `first_sync`.
