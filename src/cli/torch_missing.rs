//! What the commands that train say in a program built without PyTorch.

use super::Failure;
use crate::error::Error;

/// The error of `command`.
pub(super) fn torch_missing(command: &str) -> Failure {
    Error::new(command, "this program was built without PyTorch")
        .mend("run `make torch` in the source folder, which builds one with it (feature `torch`)")
        .into()
}
