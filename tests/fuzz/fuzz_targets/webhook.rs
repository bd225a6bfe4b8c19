#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| end_to_end::hostile::webhook(bytes));
