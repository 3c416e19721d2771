//! How many connections there are, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The seats of all connections.
pub(super) struct Seats {
    room: Arc<Semaphore>,
    taken: Arc<Taken>,
}

/// How many seats each address has.
struct Taken {
    by: Mutex<HashMap<IpAddr, usize>>,
    most: usize,
}

impl Taken {
    fn by(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    /// So many seats, of which one address may have `most`. Loopback may have all: that is where a proxy on this machine
    /// speaks from.
    pub(super) fn new(seats: usize, most: usize) -> Self {
        let by = Mutex::new(HashMap::new());
        Self { room: Arc::new(Semaphore::new(seats)), taken: Arc::new(Taken { by, most }) }
    }

    /// Waits for a seat.
    pub(super) async fn free(&self) -> Free {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        Free { permit, taken: Arc::clone(&self.taken) }
    }
}

/// A seat that nobody sits on yet.
pub(super) struct Free {
    permit: Option<OwnedSemaphorePermit>,
    taken: Arc<Taken>,
}

impl Free {
    /// Gives the seat to `address`, or back if that has as many as it may.
    pub(super) fn take(self, address: IpAddr) -> Result<Seat, Self> {
        let counted = !address.to_canonical().is_loopback();
        if counted {
            let mut by = self.taken.by();
            let seats = by.entry(address).or_default();
            if *seats >= self.taken.most {
                drop(by);
                return Err(self);
            }
            *seats += 1;
        }
        Ok(Seat { _permit: self.permit, taken: self.taken, of: counted.then_some(address) })
    }
}

/// The seat of a connection, given back when dropped.
pub(super) struct Seat {
    _permit: Option<OwnedSemaphorePermit>,
    taken: Arc<Taken>,
    of: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(address) = self.of else { return };
        let mut by = self.taken.by();
        if let Some(seats) = by.get_mut(&address) {
            *seats -= 1;
            if *seats == 0 {
                by.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_has_its_share_and_leaves_the_rest() {
        let seats = Seats::new(3, 2);
        let greedy: IpAddr = "192.0.2.7".parse().unwrap();
        let first = seats.free().await.take(greedy).ok().unwrap();
        let _second = seats.free().await.take(greedy).ok().unwrap();
        let free = seats.free().await.take(greedy).err().expect("it has two already");
        let other = free.take("192.0.2.8".parse().unwrap());
        assert!(other.is_ok(), "the third is somebody else's");
        drop((first, other));
        assert!(
            seats.free().await.take(greedy).is_ok(),
            "a seat that was given back counts no more"
        );
        assert_eq!(seats.taken.by().len(), 1, "who has none is forgotten");
    }

    #[tokio::test]
    async fn loopback_may_have_them_all() {
        let seats = Seats::new(2, 1);
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let _first = seats.free().await.take(here).ok().unwrap();
        assert!(seats.free().await.take(here).is_ok());
    }
}
