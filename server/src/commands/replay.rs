//! `sitekeeper replay`: an access log's referers, run through the gate as of now and recorded at the
//! log's own time.

mod summary;

use super::CommandError;
use crate::cli::{Ending, Replay};
use crate::installation::Installation;
use app::events::access_log::{Line, LogReader, MAX_LINE, Request, decompress};
use app::events::model::{Event, REPLAY};
use app::events::writer::SubmitError;
use app::gate::Detail;
use app::keys::rules::check_sitekey;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use summary::Summary;

/// Events handed to the writer at once.
const CHUNK: usize = 5_000;
/// How often a busy or unreachable database is asked again before the replay gives up.
const TRIES: u32 = 30;

/// Why a log cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error("cannot open {}: {source}. Name an access log, or - for standard input.", .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("--sitekey: {0}. Copy the sitekey from the site's Keys page.")]
    Malformed(app::keys::rules::Malformed),
    #[error("--sitekey: no site here has {0}. Copy the sitekey from the site's Keys page.")]
    Unknown(String),
    #[error("cannot read the log: {0}")]
    Read(io::Error),
    #[error("cannot set standard input aside: {0}")]
    Spool(io::Error),
    #[error(
        "the database did not take the events after {TRIES} tries: {0}. Run the same command again: what was counted is not counted twice."
    )]
    Submit(SubmitError),
    #[error("the log has no line that can be read, so there is no last line to move to now")]
    NoTime,
}

pub(super) async fn run(open: &Installation, command: &Replay) -> Result<ExitCode, CommandError> {
    check_sitekey(&command.sitekey).map_err(ReplayError::Malformed)?;
    let Some((site, _)) = open.state.gate.owner_of(&command.sitekey) else {
        return Err(ReplayError::Unknown(command.sitekey.clone()).into());
    };
    let mut log = Log::open(&command.log, command.ending)?;
    let shift = match command.ending {
        None => SignedDuration::ZERO,
        Some(Ending::Now) => {
            // Logs have whole seconds.
            let now = open.state.clock.now();
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            now.duration_since(log.last_time()?)
        }
    };
    let source = format!("{REPLAY}{}", log.name);
    let mut ids = Ids::new(&command.sitekey, command.ending);
    let mut summary = Summary::new(source.clone());
    let progress = progress_bar(log.size);
    let input = BufReader::new(progress.wrap_read(log.input));
    let mut reader = LogReader::new(decompress(input).map_err(ReplayError::Read)?, MAX_LINE);
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        let line = reader.next_line();
        if chunk.len() == CHUNK || (line.is_none() && !chunk.is_empty()) {
            summary.receive(submit(open, &chunk).await?);
            chunk.clear();
        }
        let Some(line) = line else { break };
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                summary.broke_off(&error);
                continue;
            }
        };
        match line.request {
            Ok(request) => {
                let id = ids.of(line.text);
                let event = outcome(open, &request, command, &source, id, shift);
                summary.count(&event);
                chunk.push(event);
            }
            Err(reason) => summary.unreadable(line.number, &reason),
        }
    }
    progress.finish_and_clear();
    let link = summary.link(&open.state.base_url, site);
    if command.printing.json {
        println!("{}", summary.json(&link));
    } else {
        print!("{}", summary.text(&link));
    }
    Ok(if summary.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A bar over the bytes of the log; hidden by itself where standard error is no terminal.
fn progress_bar(size: Option<u64>) -> ProgressBar {
    let template = "{bar:40} {decimal_bytes} of {decimal_total_bytes}, {eta} left";
    match (size, ProgressStyle::with_template(template)) {
        (Some(size), Ok(style)) => ProgressBar::new(size).with_style(style),
        _ => ProgressBar::new_spinner(),
    }
}

/// What became of one request, as an event at the log's own (perhaps shifted) time.
fn outcome(
    open: &Installation,
    request: &Request<'_>,
    command: &Replay,
    source: &str,
    id: String,
    shift: SignedDuration,
) -> Event<'static> {
    let referer = request.referer.as_deref();
    let verdict = open.state.gate.check(Some(&command.sitekey), referer, Detail::Brief);
    let text = |bytes: &[u8]| Cow::Owned(String::from_utf8_lossy(bytes).into_owned());
    Event {
        id: Some(id.into()),
        time: request.time.saturating_add(shift).unwrap_or(request.time),
        sitekey: Some(command.sitekey.clone().into()),
        code: verdict.decision.code().into(),
        referer: referer.map(|bytes| Cow::Owned(bytes.to_vec())),
        count: 1,
        source: Cow::Owned(source.to_owned()),
        client: Some(text(request.host)),
        trace: None,
        user_agent: request.user_agent.as_deref().map(text),
    }
}

/// Hands a chunk to the writer, and waits for a database that is busy or away.
async fn submit(
    open: &Installation,
    chunk: &[Event<'_>],
) -> Result<app::events::model::Receipt, ReplayError> {
    let mut tries = 0;
    loop {
        match open.state.events.submit(open.state.events.prepare(chunk)).await {
            Ok(receipt) => return Ok(receipt),
            Err(error) if tries == TRIES => return Err(ReplayError::Submit(error)),
            Err(_) => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Names each line by its text and by how often that text came before, so that a log that has grown
/// or lost its beginning adds only what is new. A shifted replay is another one.
struct Ids {
    of_replay: Sha256,
    seen: HashMap<[u8; 16], u32>,
}

impl Ids {
    fn new(sitekey: &str, ending: Option<Ending>) -> Self {
        let shifted: &[u8] = if ending.is_some() { b"now" } else { b"log" };
        let of_replay = Sha256::new().chain_update(sitekey).chain_update(shifted);
        Self { of_replay, seen: HashMap::new() }
    }

    fn of(&mut self, line: &[u8]) -> String {
        let digest = self.of_replay.clone().chain_update(line).finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let nth = self.seen.entry(key).and_modify(|nth| *nth += 1).or_insert(0);
        format!("{:032x}-{nth}", u128::from_be_bytes(key))
    }
}

/// The log, opened: a file, or standard input set aside in one where it must be read twice.
struct Log {
    name: String,
    size: Option<u64>,
    input: Box<dyn Read>,
    again: Option<File>,
}

impl Log {
    fn open(path: &Path, ending: Option<Ending>) -> Result<Self, ReplayError> {
        if path == Path::new("-") {
            let name = "stdin".to_owned();
            if ending.is_none() {
                return Ok(Self { name, size: None, input: Box::new(io::stdin()), again: None });
            }
            let mut spooled = tempfile::tempfile().map_err(ReplayError::Spool)?;
            io::copy(&mut io::stdin().lock(), &mut spooled).map_err(ReplayError::Spool)?;
            spooled.rewind().map_err(ReplayError::Spool)?;
            return Self::of_file(name, spooled).map_err(ReplayError::Spool);
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        File::open(path)
            .and_then(|file| {
                // Opening a directory succeeds; reading it does not.
                if file.metadata()?.is_dir() {
                    return Err(io::Error::from(io::ErrorKind::IsADirectory));
                }
                Self::of_file(name, file)
            })
            .map_err(|source| ReplayError::Open { path: path.to_owned(), source })
    }

    fn of_file(name: String, file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let again = file.try_clone()?;
        Ok(Self { name, size: Some(size), input: Box::new(file), again: Some(again) })
    }

    /// The latest time in the log; leaves it at its start.
    fn last_time(&mut self) -> Result<Timestamp, ReplayError> {
        let file = self.again.as_mut().ok_or(ReplayError::NoTime)?;
        let mut reader = LogReader::new(
            decompress(BufReader::new(&mut *file)).map_err(ReplayError::Read)?,
            MAX_LINE,
        );
        let mut last = None;
        while let Some(line) = reader.next_line() {
            if let Ok(Line { request: Ok(request), .. }) = line {
                last = last.max(Some(request.time));
            }
        }
        drop(reader);
        file.rewind().map_err(ReplayError::Spool)?;
        last.ok_or(ReplayError::NoTime)
    }
}
