//! Which new sources are told apart. A sender makes up the names of its sources, so that their number is
//! bounded; and none may take the places of all others.

use std::collections::{BTreeSet, HashMap};

/// How many sources are told apart.
pub const MAX_SOURCES: usize = 10_000;

/// A source that is not known yet, and by whose token it is named; nobody's, if a command of our own
/// does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted<'a> {
    /// The token's number.
    pub token: Option<i64>,
    /// The source's name.
    pub name: &'a str,
}

/// What becomes of those that are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted<'a> {
    /// Those that find a place.
    pub sources: Vec<Wanted<'a>>,
    /// The tokens that named one more than they may: it is counted as `other`.
    pub refused: BTreeSet<Option<i64>>,
}

/// Gives places to sources while `known` are told apart, of which each token named so many (`named`).
///
/// A token may have named no more than there are places left. So it gets half of them at most, the next
/// one half of the rest, and there is always a place for another.
pub fn admit<'a>(
    wanted: &BTreeSet<Wanted<'a>>,
    known: usize,
    named: &HashMap<i64, usize>,
) -> Admitted<'a> {
    let mut admitted = Admitted::default();
    let (mut known, mut named) = (known, named.clone());
    let mut names = BTreeSet::new();
    for source in wanted {
        if names.contains(source.name) {
            continue;
        }
        let left = MAX_SOURCES.saturating_sub(known);
        let own = source.token.map(|token| named.entry(token).or_default());
        if left == 0 || own.as_ref().is_some_and(|own| **own >= left) {
            admitted.refused.insert(source.token);
            continue;
        }
        known += 1;
        if let Some(own) = own {
            *own += 1;
        }
        names.insert(source.name);
        admitted.sources.push(*source);
    }
    admitted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(from: usize, to: usize) -> Vec<String> {
        (from..to).map(|place| format!("edge-{place:05}")).collect()
    }

    fn wanted(token: Option<i64>, names: &[String]) -> BTreeSet<Wanted<'_>> {
        names.iter().map(|name| Wanted { token, name }).collect()
    }

    #[test]
    fn a_token_gets_half_of_what_is_left_and_the_next_one_half_of_the_rest() {
        let many = names(0, 20_000);
        let first = admit(&wanted(Some(1), &many), 0, &HashMap::new());
        assert_eq!((first.sources.len(), first.refused), (5_000, BTreeSet::from([Some(1)])));
        let named = HashMap::from([(1, 5_000)]);
        let again = admit(&wanted(Some(1), &many[9_000..]), 5_000, &named);
        assert_eq!((again.sources.len(), again.refused.len()), (0, 1));
        let second = admit(&wanted(Some(2), &many[9_000..]), 5_000, &named);
        assert_eq!(second.sources.len(), 2_500);
        // Our own commands are held to the whole alone.
        let own = admit(&wanted(None, &many), 9_990, &named);
        assert_eq!((own.sources.len(), own.refused), (10, BTreeSet::from([None])));
    }

    #[test]
    fn what_several_name_is_one_source() {
        let name = "edge-1".to_owned();
        let both: BTreeSet<_> =
            [None, Some(1), Some(2)].map(|token| Wanted { token, name: &name }).into();
        let admitted = admit(&both, 0, &HashMap::new());
        assert_eq!(admitted.sources, [Wanted { token: None, name: &name }]);
        assert!(admitted.refused.is_empty());
    }

    proptest! {
        #[test]
        fn whatever_tokens_ask_for_another_finds_a_place(
            asked in prop::collection::vec((1_i64..6, 0_usize..12_000), 0..12),
        ) {
            let (mut known, mut named) = (0, HashMap::new());
            for (turn, (token, many)) in asked.into_iter().enumerate() {
                let names = names(turn * 100_000, turn * 100_000 + many);
                let admitted = admit(&wanted(Some(token), &names), known, &named);
                known += admitted.sources.len();
                *named.entry(token).or_default() += admitted.sources.len();
                prop_assert!(known < MAX_SOURCES);
                prop_assert_eq!(admitted.refused.is_empty(), admitted.sources.len() == many);
            }
            let new = names(9_000_000, 9_000_001);
            prop_assert_eq!(admit(&wanted(Some(7), &new), known, &named).sources.len(), 1);
        }
    }
}
