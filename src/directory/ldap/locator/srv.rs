//! The order in which the servers of a service are asked (RFC 2782).

use crate::directory::ldap::network::Service;

/// The hosts: the lowest priority first, and among those of the same one each first as often as its weight says.
/// `random` gives a number from 0 to the one that it gets.
pub(super) fn order(mut services: Vec<Service>, random: &mut dyn FnMut(u64) -> u64) -> Vec<String> {
    // Those without a weight first, so that they come to be chosen at all; the order of an answer means nothing.
    services.sort_by(|a, b| (a.priority, a.weight, &a.host).cmp(&(b.priority, b.weight, &b.host)));
    let mut hosts = Vec::with_capacity(services.len());
    while let Some(priority) = services.first().map(|service| service.priority) {
        let same = services.iter().take_while(|service| service.priority == priority);
        let weights: Vec<u64> = same.map(|service| u64::from(service.weight)).collect();
        let mut left = random(weights.iter().sum());
        let chosen = weights.iter().position(|weight| {
            let is_chosen = left <= *weight;
            left = left.saturating_sub(*weight);
            is_chosen
        });
        let service = services.remove(chosen.unwrap_or_default());
        let host = service.host.trim_end_matches('.').to_lowercase();
        // A target of "." says that the service is not there.
        if !host.is_empty() && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(given: &[(u16, u16, &str)]) -> Vec<Service> {
        given
            .iter()
            .map(|(priority, weight, host)| Service {
                priority: *priority,
                weight: *weight,
                host: (*host).to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_lower_priority_comes_first_whatever_the_weights_and_the_dice_say() {
        let given = services(&[(10, 100, "dc3."), (0, 0, "DC1."), (5, 1, "dc2"), (0, 0, "dc1"), (0, 0, ".")]);
        for dice in [0, u64::MAX] {
            assert_eq!(order(given.clone(), &mut |most| dice.min(most)), ["dc1", "dc2", "dc3"]);
        }
    }

    #[test]
    fn who_has_three_times_the_weight_is_first_three_times_as_often() {
        let given = services(&[(0, 300, "big"), (0, 100, "small"), (0, 0, "none")]);
        let mut first = std::collections::BTreeMap::new();
        for dice in 0..=400 {
            let mut dice = Some(dice);
            let hosts = order(given.clone(), &mut |most| dice.take().unwrap_or(most));
            assert_eq!(hosts.len(), 3);
            *first.entry(hosts[0].clone()).or_insert(0) += 1;
        }
        // One chance of 401 for the one without a weight: it has a small chance, not none.
        let expected = [("big", 300), ("none", 1), ("small", 100)];
        assert_eq!(first, expected.map(|(host, count)| (host.to_owned(), count)).into());
    }
}
