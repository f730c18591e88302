//! What holds for which addresses.

/// Values by ranges of addresses.
#[derive(Debug)]
pub(super) struct Spans<T>(Vec<Span<T>>);

#[derive(Debug)]
struct Span<T> {
    start: u32,
    end: u32,
    value: T,
}

impl<T> Default for Spans<T> {
    fn default() -> Spans<T> {
        Spans(Vec::new())
    }
}

impl<T> Spans<T> {
    /// Ranges, as (start, end, value), in any order. Empty ones do not count; of
    /// two that overlap, the one that starts later counts.
    pub(super) fn new(spans: impl IntoIterator<Item = (u32, u32, T)>) -> Spans<T> {
        let mut spans: Vec<Span<T>> = spans
            .into_iter()
            .map(|(start, end, value)| Span { start, end, value })
            .filter(|span| span.start < span.end)
            .collect();
        spans.sort_by_key(|span| span.start);
        for next in 1..spans.len() {
            let limit = spans[next].start;
            let span = &mut spans[next - 1];
            span.end = span.end.min(limit);
        }
        Spans(spans)
    }

    /// The places between `start` and `end` where the value changes, as offsets
    /// from `start`, ascending, and the value from there on; the first is at 0.
    pub(super) fn within(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, Option<&T>)> {
        let first = self.0.partition_point(|span| span.end <= start);
        let spans = self.0[first..].iter().take_while(move |span| span.start < end);
        let mut reached = start;
        spans.map(Some).chain([None]).flat_map(move |span| {
            let from = span.map_or(end, |span| span.start.max(start));
            let gap = (reached < from).then_some((reached - start, None));
            reached = span.map_or(end, |span| span.end);
            gap.into_iter().chain(span.map(|span| (from - start, Some(&span.value))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(spans: &Spans<char>, start: u32, end: u32) -> Vec<(u32, Option<char>)> {
        spans.within(start, end).map(|(offset, value)| (offset, value.copied())).collect()
    }

    #[test]
    fn values_are_cut_to_the_range() {
        let spans = Spans::new([(20, 30, 'b'), (10, 20, 'a'), (40, 50, 'c')]);
        assert_eq!(within(&spans, 12, 18), [(0, Some('a'))]);
        assert_eq!(within(&spans, 10, 25), [(0, Some('a')), (10, Some('b'))]);
        assert_eq!(
            within(&spans, 5, 45),
            [(0, None), (5, Some('a')), (15, Some('b')), (25, None), (35, Some('c'))]
        );
        assert_eq!(within(&spans, 45, 60), [(0, Some('c')), (5, None)]);
        assert_eq!(within(&spans, 30, 40), [(0, None)]);
    }

    #[test]
    fn what_starts_later_counts() {
        let spans = Spans::new([(0, 100, 'a'), (10, 20, 'b'), (15, 15, 'x')]);
        assert_eq!(within(&spans, 0, 100), [(0, Some('a')), (10, Some('b')), (20, None)]);
    }
}
