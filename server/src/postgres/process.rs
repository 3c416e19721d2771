//! Running PostgreSQL's programs and passing on what they say.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::PermissionsExt as _,
    },
    path::Path,
    process::{Command, Output, Stdio},
};

use tokio::io::AsyncWriteExt as _;

use super::Error;

/// As much of a log as a message can want.
const TAIL_BYTES: u64 = 16 << 10;

/// Runs a command to its end with `input` as its standard input. Cancelled, it kills it.
pub(super) async fn run(what: &str, mut command: Command, input: &str) -> Result<Output, Error> {
    let failed =
        |cause: io::Error| Error::Failed { what: what.to_owned(), output: cause.to_string() };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        tokio::process::Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that has died already tells why in its output.
        let written = stdin.write_all(input.as_bytes()).await;
        tracing::trace!(?written, "wrote standard input");
    }
    child.wait_with_output().await.map_err(failed)
}

/// The error with what a failed command said.
pub(super) fn expect_success(what: &str, output: &Output) -> Result<(), Error> {
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    Err(Error::Failed { what: what.to_owned(), output: tail(&String::from_utf8_lossy(&said), 12) })
}

/// The last `count` lines of a log, of what was written from byte `start` on.
pub(super) fn last_lines(log: &Path, start: u64, count: usize) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(start.max(length.saturating_sub(TAIL_BYTES))))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(text)
    };
    let text =
        read().unwrap_or_else(|error| format!("(its log cannot be read: {error})").into_bytes());
    tail(&String::from_utf8_lossy(&text), count)
}

fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Writes a file that everyone may read, aside and then in place of an old one. It follows no link,
/// so it is safe in a directory of a less trusted user.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_added_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::io("delete", new)(error));
        }
        _ => {}
    }
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        fs::rename(&new, path)
    };
    write().map_err(Error::io("write", path))
}

/// One word for `sh`, which `pg_ctl` starts the server with.
pub(super) fn shell_quoted(word: &OsStr) -> OsString {
    let mut quoted = vec![b'\''];
    for byte in word.as_bytes() {
        match byte {
            b'\'' => quoted.extend(br"'\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    OsString::from_vec(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_reads_a_quoted_word_back_as_it_was() {
        for word in ["plain", "", "a b", "it's", "$HOME `id` \"x\" \\ *", "two\nlines", "'''"] {
            let script: OsString =
                [OsStr::new("printf %s "), &shell_quoted(OsStr::new(word))].into_iter().collect();
            let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(output.stdout, word.as_bytes());
        }
    }

    #[test]
    fn a_tail_skips_blank_lines() {
        assert_eq!(tail("one\n\ntwo\nthree\n\n", 2), "two\nthree");
        assert_eq!(tail("one", 12), "one");
    }
}
