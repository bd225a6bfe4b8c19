//! The bank against the books, and why they differ.
