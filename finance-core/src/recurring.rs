//! Payments that come again.
