//! The load: verifiers that report as verifiers do.

use crate::event::{any, late, nameless, of_another_source, of_many_hosts};
use crate::sender::{Batch, Before, Layout, Sender};
use fastrand::Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// How a verifier reports.
#[derive(Clone, Copy)]
enum Habit {
    /// One event a request.
    Single,
    /// Many events a request, one a line.
    Lines,
    /// Some events a request, in an array.
    Array,
    /// Many hosts.
    Hosts,
    /// Events of so many days that a request takes several transactions.
    Late,
    /// One event a request, without an id, and never again.
    Nameless,
}

const HABITS: [Habit; 14] = [
    Habit::Single,
    Habit::Single,
    Habit::Single,
    Habit::Single,
    Habit::Single,
    Habit::Single,
    Habit::Lines,
    Habit::Lines,
    Habit::Lines,
    Habit::Late,
    Habit::Array,
    Habit::Array,
    Habit::Hosts,
    Habit::Nameless,
];

/// Starts the verifiers; they report until `stop`, and end once everything they have sent is acknowledged or given up.
pub(crate) fn start(sender: &Arc<Sender>, stop: &Arc<AtomicBool>, rng: &mut Rng) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for habit in HABITS {
        let (sender, stop, mut rng) = (Arc::clone(sender), Arc::clone(stop), rng.fork());
        writers.spawn(async move {
            let mut last = None;
            while !stop.load(Ordering::Relaxed) {
                report(&sender, habit, &mut rng, &mut last).await;
                tokio::time::sleep(Duration::from_millis(rng.u64(0..40))).await;
            }
        });
    }
    writers
}

/// Sends something new, or the last batch once more.
async fn report(sender: &Sender, habit: Habit, rng: &mut Rng, last: &mut Option<Batch>) {
    if let Some(batch) = last.take_if(|_| rng.u8(0..20) == 0) {
        crate::ledger::tick(&sender.tally.repeated);
        sender.deliver(rng, &batch, Before::Acknowledged).await;
        return;
    }
    let batch = make(sender, habit, rng);
    let acknowledged = if !matches!(habit, Habit::Nameless) && rng.u8(0..25) == 0 {
        // Two senders at once, as when a proxy repeats a request.
        let mut other = rng.fork();
        let twins = (
            sender.deliver(rng, &batch, Before::Shared),
            sender.deliver(&mut other, &batch, Before::Shared),
        );
        let (one, two) = tokio::join!(twins.0, twins.1);
        one || two
    } else {
        sender.deliver(rng, &batch, Before::New).await
    };
    let keeps = acknowledged && !matches!(habit, Habit::Nameless);
    *last = keeps.then_some(batch);
}

fn make(sender: &Sender, habit: Habit, rng: &mut Rng) -> Batch {
    let (size, layout) = match habit {
        Habit::Single | Habit::Nameless => (1, Layout::Object),
        Habit::Array => (rng.usize(1..50), Layout::Array),
        Habit::Lines => (rng.usize(1..400), Layout::Lines),
        Habit::Hosts | Habit::Late => (rng.usize(200..500), Layout::Lines),
    };
    let ledger = &sender.ledger;
    let mut places = ledger.enter(size, |id| match habit {
        Habit::Nameless => nameless(rng),
        Habit::Hosts => of_many_hosts(rng, id),
        Habit::Late => late(rng, id),
        Habit::Single | Habit::Lines | Habit::Array => any(rng, id),
    });
    if matches!(layout, Layout::Lines | Layout::Array) {
        // The same id of another source is another event, and the same event twice is one.
        let some: Vec<_> = places.iter().copied().filter(|_| rng.u8(0..20) == 0).collect();
        let mut others = ledger.events(&some).into_iter();
        places.extend(ledger.enter(some.len(), |id| match others.next() {
            Some(event) => of_another_source(&event),
            None => any(rng, id),
        }));
        let twice: Vec<_> = places.iter().copied().filter(|_| rng.u8(0..20) == 0).collect();
        places.extend(twice);
        rng.shuffle(&mut places);
    }
    sender.batch(places, layout)
}
