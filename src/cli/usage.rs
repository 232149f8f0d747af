//! Bad usage in one line, as every other error.

use clap::error::ErrorKind;
use std::process::ExitCode;

/// Prints help where it was asked for, or what is wrong with the command line; returns the exit code.
pub(super) fn exit(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is the reader's wish.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => {
            eprintln!("{}; see `archbench --help`", one_line(&error.to_string()));
            ExitCode::from(2)
        }
    }
}

/// The message and its tips, without the usage that follows.
fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim);
    let telling = lines.take_while(|line| !line.starts_with("Usage:"));
    let telling: Vec<&str> = telling
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        .collect();
    telling.join("; ").replace(":; ", ": ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn usage_errors_keep_their_tip_and_lose_the_usage() {
        let message = "error: unexpected argument '--thread' found\n\n  tip: a similar argument exists: '--threads'\n\n\
                       Usage: archbench run <STUDY>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            one_line(message),
            "error: unexpected argument '--thread' found; tip: a similar argument exists: '--threads'"
        );
        let missing =
            "error: the following required arguments were not provided:\n  --out <OUT>\n\nUsage: x";
        assert_eq!(
            one_line(missing),
            "error: the following required arguments were not provided: --out <OUT>"
        );
    }
}
