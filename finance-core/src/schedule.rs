//! When a connection is due, and how long to wait after a fault.
