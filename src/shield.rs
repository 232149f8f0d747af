//! Calls into a library that may panic on damaged bytes: the panic becomes an error of one line.

use crate::error::Error;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shielded calls going on.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Runs `read`, which reads the bytes of `place` and leaves nothing behind when it panics.
///
/// # Errors
/// When it panics.
pub(crate) fn shielded<T>(place: impl Display, read: impl FnOnce() -> T) -> Result<T, Error> {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    INSIDE.fetch_sub(1, Ordering::SeqCst);
    outcome.map_err(|_| Error::new(place, "damaged: it cannot be decoded"))
}

/// Keeps shielded panics from printing anything; for programs, once, at their start.
pub(crate) fn silence() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if INSIDE.load(Ordering::SeqCst) == 0 {
            usual(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_place() {
        let error = shielded("file.parquet", || panic!("thrift")).map(|(): ()| ());
        let message = error.expect_err("panicked").to_string();
        assert!(message.starts_with("file.parquet: damaged"), "{message}");
        assert_eq!(shielded("file", || 1), Ok(1));
    }
}
