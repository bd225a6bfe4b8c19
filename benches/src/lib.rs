//! Measurements stand in the files beside this one.
