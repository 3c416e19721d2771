//! Which content coding a client gets (RFC 9110 §12.5.3).

use axum::http::{HeaderMap, header};

/// A form in which files are kept, in the order in which we prefer them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// What its files' names end in.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// The `Content-Encoding`; none for identity.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// What the client accepts, best first: by its weights, ours where they are equal. Identity always ends the list,
    /// even when refused: a file without a compressed variant is better sent than withheld.
    pub(super) fn accepted(request: &HeaderMap) -> Vec<Self> {
        let offers: Vec<(&str, u16)> = request
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(offer)
            .collect();
        let mut accepted: Vec<(u16, Self)> = Self::ALL
            .into_iter()
            .map(|encoding| (encoding.weight(&offers), encoding))
            .filter(|(weight, _)| *weight > 0)
            .collect();
        accepted.sort_by_key(|&(weight, encoding)| (std::cmp::Reverse(weight), encoding));
        let mut accepted: Vec<Self> = accepted.into_iter().map(|(_, encoding)| encoding).collect();
        if !accepted.contains(&Self::Identity) {
            accepted.push(Self::Identity);
        }
        accepted
    }

    /// The client's weight in thousandths: as named, else as `*` says. Identity not named is accepted least.
    fn weight(self, offers: &[(&str, u16)]) -> u16 {
        let named = |coding: &str| {
            offers.iter().find(|(name, _)| name.eq_ignore_ascii_case(coding)).map(|&(_, q)| q)
        };
        match self {
            Self::Brotli => named("br").or_else(|| named("*")).unwrap_or(0),
            Self::Gzip => {
                named("gzip").or_else(|| named("x-gzip")).or_else(|| named("*")).unwrap_or(0)
            }
            Self::Identity => named("identity").unwrap_or(1),
        }
    }
}

/// Reads `gzip;q=0.5` as a coding and its weight in thousandths. A weight that is not one leaves the coding out.
fn offer(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let coding = parts.next().filter(|coding| !coding.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    weight.map_or(Some(1000), thousandths).map(|weight| (coding, weight))
}

/// `0` to `1` with at most three decimals, as RFC 9110 §12.4.2 has it, in thousandths.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding::{self, Brotli, Gzip, Identity};
    use axum::http::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING};

    fn accepted(value: &'static str) -> Vec<Encoding> {
        let value = HeaderValue::from_static(value);
        Encoding::accepted(&HeaderMap::from_iter([(ACCEPT_ENCODING, value)]))
    }

    #[test]
    fn without_the_header_nothing_is_compressed() {
        assert_eq!(Encoding::accepted(&HeaderMap::new()), [Identity]);
        assert_eq!(accepted(""), [Identity]);
    }

    #[test]
    fn what_browsers_send_gets_brotli() {
        assert_eq!(accepted("gzip, deflate, br, zstd"), [Brotli, Gzip, Identity]);
    }

    #[test]
    fn weights_decide_and_zero_refuses() {
        assert_eq!(accepted("br;q=0.5, gzip"), [Gzip, Brotli, Identity]);
        assert_eq!(accepted("br;q=0, gzip ; Q=0.001"), [Gzip, Identity]);
        assert_eq!(accepted("identity, gzip;q=0.9"), [Identity, Gzip]);
    }

    #[test]
    fn a_star_stands_for_what_is_not_named() {
        assert_eq!(accepted("*"), [Brotli, Gzip, Identity]);
        assert_eq!(accepted("br;q=0, *;q=0.3"), [Gzip, Identity]);
        assert_eq!(accepted("*;q=0"), [Identity]);
    }

    #[test]
    fn an_ill_formed_weight_leaves_its_coding_out() {
        for value in ["br;q=2", "br;q=0.1234", "br;q=-1", "br;q=x", "br;q=", "br;q=1.5"] {
            assert_eq!(accepted(value), [Identity], "{value}");
        }
    }

    #[test]
    fn names_are_read_without_regard_to_case_and_whole() {
        assert_eq!(accepted("BR"), [Brotli, Identity]);
        assert_eq!(accepted("brotli, x-gzip"), [Gzip, Identity]);
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        assert_eq!(Encoding::accepted(&headers), [Brotli, Gzip, Identity]);
    }
}
