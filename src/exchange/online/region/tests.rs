use super::*;
use crate::profile::ExchangeOnlineSettings;

fn cloud() -> Cloud {
    Cloud::of(&ExchangeOnlineSettings::new("b")).unwrap()
}

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in all {
        map.append(*name, value.parse().unwrap());
    }
    map
}

#[test]
fn a_redirect_within_the_cloud_is_followed_and_remembered() {
    let cloud = cloud();
    let from = Url::parse("https://outlook.office365.com/adminapi/beta/t/InvokeCommand?$select=A").unwrap();
    for status in [301, 302, 307, 308] {
        let mut region = Region::new(cloud.service().clone());
        let target = "https://eurprd01.outlook.office365.com/adminapi/beta/t/InvokeCommand?$select=A";
        let headers = headers(&[("location", target)]);
        let status = StatusCode::from_u16(status).unwrap();
        let to = region.follow(&cloud, &from, status, &headers).unwrap();
        assert_eq!(to.unwrap().as_str(), target);
        assert_eq!(region.service().as_str(), "https://eurprd01.outlook.office365.com/");
    }
    let mut region = Region::new(cloud.service().clone());
    assert_eq!(region.follow(&cloud, &from, StatusCode::OK, &HeaderMap::new()).unwrap(), None);
    let to = region.follow(&cloud, &from, StatusCode::FOUND, &headers(&[("location", "/other")])).unwrap();
    assert_eq!(to.unwrap().as_str(), "https://outlook.office365.com/other");
}

#[test]
fn the_inner_port_of_an_address_is_the_usual_one_outside() {
    let own = Cloud::of(&ExchangeOnlineSettings {
        connection_uri: Some("https://gateway.test:446".into()),
        ..ExchangeOnlineSettings::new("b")
    });
    let own = own.unwrap();
    for (cloud, address, expected) in [
        (&cloud(), "https://outlook.office.com:446/a?b=c", "https://outlook.office.com/a?b=c"),
        (&cloud(), "https://outlook.office.com:444/a", "https://outlook.office.com:444/a"),
        (&cloud(), "https://outlook.office.com/a", "https://outlook.office.com/a"),
        (&own, "https://gateway.test:446/a", "https://gateway.test:446/a"),
    ] {
        assert_eq!(at_usual_port(cloud, Url::parse(address).unwrap()).as_str(), expected);
    }
    let mut region = Region::new(cloud().service().clone());
    let location = headers(&[("location", "https://eurprd01.outlook.office365.com:446/x")]);
    let to = region.follow(&cloud(), cloud().service(), StatusCode::FOUND, &location).unwrap();
    assert_eq!(to.unwrap().as_str(), "https://eurprd01.outlook.office365.com/x");
    assert_eq!(region.service().as_str(), "https://eurprd01.outlook.office365.com/");
}

#[test]
fn a_redirect_out_of_the_cloud_is_refused_and_not_remembered() {
    let cloud = cloud();
    let from = cloud.service().clone();
    for location in [
        "https://evil.example/",
        "http://outlook.office365.com/",
        "https://outlook.office365.com.evil.example/",
        "https://outlook.office365.com@evil.example/",
        "//evil.example/",
    ] {
        let mut region = Region::new(from.clone());
        let error =
            region.follow(&cloud, &from, StatusCode::FOUND, &headers(&[("location", location)])).unwrap_err();
        assert_eq!(error.id, ErrorId::RedirectRefused, "{location}");
        assert_eq!(region.service(), &from);
    }
    let error =
        Region::new(from.clone()).follow(&cloud, &from, StatusCode::FOUND, &HeaderMap::new()).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeProtocol);
}

#[test]
fn cookies_are_kept_replaced_ended_and_bounded() {
    let mut region = Region::new(cloud().service().clone());
    let cookie = |region: &Region| {
        let mut map = HeaderMap::new();
        region.apply(&mut map);
        map.get(COOKIE).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(cookie(&region), None);
    region.learn(&headers(&[
        ("set-cookie", "a=1; Path=/; Secure"),
        ("set-cookie", "b=2"),
        ("set-cookie", "odd"),
    ]));
    assert_eq!(cookie(&region).as_deref(), Some("a=1; b=2"));
    region.learn(&headers(&[("set-cookie", "a=3"), ("set-cookie", "b=; Max-Age=0")]));
    assert_eq!(cookie(&region).as_deref(), Some("a=3"));
    region.learn(&headers(&[("set-cookie", &format!("big={}", "x".repeat(5000)))]));
    assert_eq!(cookie(&region).as_deref(), Some("a=3"));
    (0..100).for_each(|n| region.learn(&headers(&[("set-cookie", &format!("c{n}=1"))])));
    assert_eq!(cookie(&region).unwrap().split("; ").count(), MOST_COOKIES);
}
