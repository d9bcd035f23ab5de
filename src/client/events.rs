//! Changes and uses as they happen: a stream that goes on where it was cut off.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use futures_util::{Stream, stream};
use reqwest::Response;
use reqwest::header::HeaderName;
use tokio::time::Instant;

use super::Client;
use super::call::{Call, EVENT_STREAM};
use super::error::{ClientError, Kind};
use super::transport::Via;
use crate::wire::events::Message;
use crate::wire::paths::{self, LAST_EVENT_HEADER};

/// A stream on which nothing came for so long is dead: the server sends something every 2 s.
const SILENCE: Duration = Duration::from_secs(12);
/// After so long it is worth asking whether anybody is there.
const QUIET: Duration = Duration::from_secs(3);
/// The most bytes of one message.
const LIMIT: usize = 8 * 1024 * 1024;

/// What comes of a stream of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Live {
    /// It is open, at first or again. Uses that happened before it opened are not in it.
    Open,
    /// Something happened; with the place after it, if it has one.
    Message(Message, Option<u64>),
    /// Nothing came for longer than the server is ever silent; the stream is held open still.
    Quiet,
    /// It was cut off, or did not open. It is tried again, unless the server refuses it: then it ends.
    Lost(ClientError),
}

/// A stream of events: what is not taken from it waits at the server.
pub struct Events {
    client: Client,
    /// The id of the last message that had one.
    last: Option<u64>,
    open: Option<Open>,
    pauses: (Duration, Duration),
    /// How often it was tried since something came.
    tries: u32,
    retry_at: Option<Instant>,
    /// It was said that nothing comes.
    quiet: bool,
    ended: bool,
}

struct Open {
    response: Response,
    /// Whether it cannot be cut off without a word.
    unbroken: bool,
    parser: Parser,
    frames: std::collections::VecDeque<Frame>,
}

impl Client {
    /// What happens from now on, or after a place in the audit log: each change once, in order, whatever
    /// becomes of the connection.
    pub fn events(&self, after: Option<u64>) -> Events {
        Events {
            client: self.clone(),
            last: after,
            open: None,
            pauses: (Duration::from_secs(1), Duration::from_secs(30)),
            tries: 0,
            retry_at: None,
            quiet: false,
            ended: false,
        }
    }
}

impl Events {
    /// The same with other pauses between two tries: the first, and the longest.
    pub fn with_pauses(mut self, first: Duration, longest: Duration) -> Events {
        self.pauses = (first, longest);
        self
    }

    /// The same as a stream, whose next item may be awaited and given up without loss.
    pub fn into_stream(self) -> impl Stream<Item = Live> + Send {
        stream::unfold(self, |mut events| async move {
            let live = events.next().await?;
            Some((live, events))
        })
    }

    /// The next thing that comes; none after the server has refused.
    pub async fn next(&mut self) -> Option<Live> {
        if self.ended {
            return None;
        }
        if self.open.is_none() {
            if let Some(at) = self.retry_at.take() {
                tokio::time::sleep_until(at).await;
            }
            return Some(match self.connect().await {
                Ok(open) => {
                    self.open = Some(open);
                    Live::Open
                }
                Err(error) => self.lost(error),
            });
        }
        loop {
            let open = self.open.as_mut()?;
            while let Some(frame) = open.frames.pop_front() {
                let place = frame.id.as_deref().and_then(|id| id.parse().ok());
                self.last = place.or(self.last);
                self.tries = 0;
                if let Some(message) = Message::read(&frame.kind, &frame.data) {
                    return Some(Live::Message(message, place));
                }
            }
            let server = || self.client.describe();
            let broken = || ClientError::Broken { server: server(), outcome_unknown: false };
            let patience = match self.quiet {
                // Inside one process nothing is cut off without a word.
                _ if open.unbroken => Duration::MAX,
                false => QUIET,
                true => SILENCE.saturating_sub(QUIET),
            };
            let error = match tokio::time::timeout(patience, open.response.chunk()).await {
                Ok(Ok(Some(bytes))) => {
                    self.quiet = false;
                    if open.parser.feed(&bytes, &mut open.frames) {
                        continue;
                    }
                    ClientError::TooLarge { server: server(), limit: LIMIT / (1024 * 1024) }
                }
                Ok(Ok(None) | Err(_)) => broken(),
                Err(_) if !self.quiet => {
                    self.quiet = true;
                    return Some(Live::Quiet);
                }
                Err(_) => ClientError::TimedOut { server: server(), after: SILENCE, outcome_unknown: false },
            };
            return Some(self.lost(error));
        }
    }

    async fn connect(&self) -> Result<Open, ClientError> {
        let mut call = Call::get(paths::EVENTS).accept(EVENT_STREAM);
        if let Some(last) = self.last {
            call = call.header(HeaderName::from_static(LAST_EVENT_HEADER), &last.to_string());
        }
        let response = self.client.stream(call).await?;
        // Whoever else says so is not believed.
        let unbroken =
            self.client.kind() == Via::Embedded && response.headers().contains_key(paths::UNBROKEN_HEADER);
        Ok(Open { response, unbroken, parser: Parser::default(), frames: std::collections::VecDeque::new() })
    }

    fn lost(&mut self, error: ClientError) -> Live {
        self.open = None;
        self.quiet = false;
        let refused = matches!(error.kind(), Kind::Denied | Kind::NotFound | Kind::Invalid);
        self.ended = refused && error.problem().is_none_or(|problem| problem.code.status() != 429);
        let (first, longest) = self.pauses;
        let pause = first.saturating_mul(1 << self.tries.min(16)).min(longest);
        // A quarter of it either way, so that those who lost the server together do not come back together.
        let quarter = (pause / 4).as_millis() as u64;
        let jitter = RandomState::new().hash_one(self.tries) % (2 * quarter + 1);
        self.retry_at = Some(Instant::now() + pause - pause / 4 + Duration::from_millis(jitter));
        self.tries += 1;
        Live::Lost(error)
    }
}

/// One message as it was sent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frame {
    /// Its place, if it has one.
    pub id: Option<String>,
    /// Its kind: `message` when none was given.
    pub kind: String,
    /// Its data.
    pub data: String,
}

/// Reads server-sent events from bytes as they come.
#[derive(Debug, Default)]
pub struct Parser {
    /// A line that has not ended yet.
    line: Vec<u8>,
    frame: Frame,
    begun: bool,
}

impl Parser {
    /// Takes bytes in, and gives the messages that they end. False when a message is larger than any that a
    /// server of ours sends.
    pub fn feed(&mut self, bytes: &[u8], frames: &mut impl Extend<Frame>) -> bool {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + part.len() + self.frame.data.len() > LIMIT {
                return false;
            }
            self.line.extend_from_slice(part);
            if self.line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                frames.extend(self.take(line.trim_end_matches('\n').trim_end_matches('\r')));
            }
        }
        true
    }

    fn take(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            let mut frame = std::mem::take(&mut self.frame);
            frame.data.pop();
            return std::mem::take(&mut self.begun).then_some(frame);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.frame.kind),
            "id" => self.frame.id = Some(value.to_owned()),
            "data" => {
                self.frame.data.push_str(value);
                self.frame.data.push('\n');
                self.begun = true;
            }
            // A comment, or a field that nobody knows.
            _ => {}
        }
        None
    }
}
