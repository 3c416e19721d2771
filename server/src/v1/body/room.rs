//! Room for bodies on their way in: what all of them take together is bounded.
//!
//! Thousands of connections may each send a body of 8 MiB. What has more than a few bytes takes room for all
//! that it announced at once: if each took it as it comes, many would fill it together, and none would find
//! room for its rest.

use super::super::Problem;
use tokio::sync::{Semaphore, SemaphorePermit};

/// So much of each body takes no room: a single outcome, or a question to the gate, is never turned away
/// because others send large ones. The number of connections bounds what they come to.
const FREE: usize = 16 * 1024;
/// When to send again what found no room.
const AGAIN_S: u64 = 1;

/// The room for all bodies of the machine API, in bytes.
pub(super) static ROOM: Room = Room::of(64 * 1024 * 1024);

/// Room for so many bytes, besides the first [`FREE`] of each body.
pub(super) struct Room(Semaphore);

/// What a body takes of the room, for as long as this is kept.
pub(super) struct Place<'r> {
    room: &'r Room,
    announced: usize,
    length: usize,
    taken: Option<SemaphorePermit<'r>>,
}

/// There is no room for more of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Room {
    const fn of(bytes: usize) -> Self {
        Self(Semaphore::const_new(bytes))
    }

    /// A place for a body of so many bytes, as far as it says, of which nothing has come yet.
    pub(super) fn place(&self, announced: usize) -> Place<'_> {
        Place { room: self, announced, length: 0, taken: None }
    }
}

impl Place<'_> {
    /// Takes room for so many bytes more.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let length = self.length + bytes;
        if length > FREE {
            let needed = length.max(self.announced) - FREE;
            let taken = self.taken.as_ref().map_or(0, SemaphorePermit::num_permits);
            let more = u32::try_from(needed.saturating_sub(taken)).map_err(|_| NoRoom)?;
            let more = self.room.0.try_acquire_many(more).map_err(|_| NoRoom)?;
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                none => *none = Some(more),
            }
        }
        self.length = length;
        Ok(())
    }
}

impl From<NoRoom> for Problem {
    fn from(_: NoRoom) -> Self {
        metrics::counter!("sitekeeper_bodies_refused_total").increment(1);
        Self::busy(AGAIN_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_room_beyond_their_first_bytes_and_give_it_back() {
        let room = Room::of(100);
        let (mut one, mut other) = (room.place(0), room.place(0));
        assert_eq!(one.grow(FREE), Ok(()), "the first bytes are free");
        assert_eq!(one.grow(60), Ok(()));
        assert_eq!(other.grow(FREE + 41), Err(NoRoom));
        assert_eq!(other.grow(FREE + 40), Ok(()), "what was refused took nothing");
        assert_eq!(one.grow(1), Err(NoRoom));
        assert_eq!(room.place(FREE).grow(FREE), Ok(()), "small ones always have room");
        drop(other);
        assert_eq!(one.grow(40), Ok(()));
        drop(one);
        assert_eq!(room.0.available_permits(), 100);
    }

    #[test]
    fn what_is_announced_is_taken_once_more_than_the_first_bytes_have_come() {
        let room = Room::of(100);
        let (mut one, mut other) = (room.place(FREE + 90), room.place(FREE + 11));
        assert_eq!((one.grow(FREE), other.grow(FREE)), (Ok(()), Ok(())));
        assert_eq!(room.0.available_permits(), 100, "whoever sends nothing takes nothing");
        assert_eq!((one.grow(1), other.grow(1)), (Ok(()), Err(NoRoom)));
        assert_eq!(one.grow(89), Ok(()), "the rest has its room");
        assert_eq!(one.grow(11), Err(NoRoom), "more than was announced has none");
    }
}
