//! Many connections for a while, and what they saw.

use super::connection::Connection;
use super::request::Request;
use hdrhistogram::Histogram;
use memchr::memmem;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;

/// What takes longer counts as this many microseconds.
const LONGEST: u64 = 60_000_000;

/// How much load, and for how long.
#[derive(Clone, Debug)]
pub struct Load {
    /// As in `127.0.0.1:3000`.
    pub address: String,
    /// How many requests are under way at any time.
    pub connections: usize,
    /// What is sent before the measurement starts.
    pub warm_up: Duration,
    /// How long the measurement lasts.
    pub duration: Duration,
    /// Where serial numbers begin: another run on the same database needs others.
    pub first_serial: u64,
}

/// What was measured. Latency is that of answers as wanted, from the first byte sent to the last received.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was asked.
    pub name: String,
    /// Answers as wanted.
    pub requests: u64,
    /// How long it took.
    pub seconds: f64,
    /// Answers as wanted each second.
    pub rps: f64,
    /// Half were faster.
    pub p50_ms: f64,
    /// One in twenty was slower.
    pub p95_ms: f64,
    /// One in a hundred was slower.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
    /// Answers other than wanted, and connections that broke.
    pub errors: u64,
    /// The first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
}

/// What the connections share; they run on one thread.
struct Shared {
    serial: Cell<u64>,
    /// How many requests were sent.
    sent: Cell<usize>,
    latencies: RefCell<Histogram<u64>>,
    errors: Cell<u64>,
    first_error: RefCell<Option<String>>,
    measure_from: Instant,
    end: Instant,
}

impl Load {
    /// Sends the request over and over.
    pub async fn run(&self, name: &str, request: &Request) -> Report {
        self.run_in_turn(name, std::slice::from_ref(request)).await
    }

    /// Sends the requests in turn, over and over.
    pub async fn run_in_turn(&self, name: &str, requests: &[Request]) -> Report {
        let measure_from = Instant::now() + self.warm_up;
        let shared = Rc::new(Shared {
            serial: Cell::new(self.first_serial),
            sent: Cell::new(0),
            latencies: RefCell::new(
                Histogram::new_with_max(LONGEST, 3).expect("three significant digits are allowed"),
            ),
            errors: Cell::new(0),
            first_error: RefCell::new(None),
            measure_from,
            end: measure_from + self.duration,
        });
        let requests: Rc<[Request]> = requests.into();
        let connections = LocalSet::new();
        for _ in 0..self.connections {
            let (shared, address, requests) =
                (shared.clone(), self.address.clone(), requests.clone());
            connections.spawn_local(async move { shared.keep_asking(&address, &requests).await });
        }
        connections.await;
        shared.report(name, self.duration)
    }
}

impl Shared {
    async fn keep_asking(&self, address: &str, requests: &[Request]) {
        while Instant::now() < self.end {
            if let Err(error) = self.ask_until_it_breaks(address, requests).await {
                self.count_error(error.to_string());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    async fn ask_until_it_breaks(
        &self,
        address: &str,
        requests: &[Request],
    ) -> std::io::Result<()> {
        let mut connection = Connection::open(address).await?;
        let mut bytes = Vec::new();
        loop {
            let turn = self.sent.get();
            self.sent.set(turn + 1);
            let request = &requests[turn % requests.len()];
            let mut serial = self.serial.get();
            request.stamp(&mut serial, &mut bytes);
            self.serial.set(serial);
            let sent = Instant::now();
            if sent >= self.end {
                return Ok(());
            }
            let (status, body) = connection.exchange(&bytes).await?;
            let received = Instant::now();
            if status != request.status || memmem::find(body, &request.wanted).is_none() {
                self.count_error(format!("{status} {}", String::from_utf8_lossy(body)));
            } else if sent >= self.measure_from && received <= self.end {
                let microseconds = u64::try_from((received - sent).as_micros()).unwrap_or(u64::MAX);
                self.latencies.borrow_mut().saturating_record(microseconds);
            }
        }
    }

    fn count_error(&self, error: String) {
        self.errors.set(self.errors.get() + 1);
        self.first_error.borrow_mut().get_or_insert(error);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts and microseconds stay far below 2^53")]
    fn report(&self, name: &str, duration: Duration) -> Report {
        let latencies = self.latencies.borrow();
        let milliseconds = |microseconds: u64| microseconds as f64 / 1000.0;
        let seconds = duration.as_secs_f64();
        Report {
            name: name.to_owned(),
            requests: latencies.len(),
            seconds,
            rps: (latencies.len() as f64 / seconds).round(),
            p50_ms: milliseconds(latencies.value_at_quantile(0.5)),
            p95_ms: milliseconds(latencies.value_at_quantile(0.95)),
            p99_ms: milliseconds(latencies.value_at_quantile(0.99)),
            max_ms: milliseconds(latencies.max()),
            errors: self.errors.get(),
            first_error: self.first_error.borrow().clone(),
        }
    }
}
