import { describe, expect, test } from 'vitest';
import { refuseUrl } from './address.ts';

const refuse = (url: string, allowPrivate = false) => refuseUrl(url, { allowPrivate });

test.each([
  'https://tools.example.com/hook',
  'http://tools.example.com:8080/hook?a=b',
  'https://8.8.8.8/',
  'https://[2606:4700:4700::1111]/',
  'https://localhost.example.com/',
  'https://10.example.com/',
])('%s may be called', (url) => {
  expect(refuse(url)).toBeUndefined();
});

describe('a private, local or reserved address is refused unless it is allowed:', () => {
  test.each([
    ['loopback', 'http://127.0.0.1:9000/'],
    ['the whole of loopback', 'http://127.8.9.1/'],
    ['loopback in hexadecimal', 'http://0x7f.1/'],
    ['loopback in octal', 'http://0177.0.0.1/'],
    ['loopback as one number', 'http://2130706433/'],
    ['loopback in short', 'http://127.1/'],
    ['loopback in full-width digits', 'http://１２７.0.0.1/'],
    ['loopback of IPv6', 'http://[::1]:9000/'],
    ['localhost', 'http://localhost/'],
    ['localhost with a dot', 'http://LOCALHOST./'],
    ['a name under localhost', 'http://a.localhost/'],
    ['this host', 'http://0.0.0.0/'],
    ['this host of IPv6', 'http://[::]/'],
    ['a metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['a metadata service of IPv6', 'http://[fd00:ec2::254]/'],
    ['10/8', 'https://10.0.0.1/'],
    ['172.16/12', 'https://172.31.255.255/'],
    ['192.168/16', 'https://192.168.1.1/'],
    ['carrier-grade NAT', 'https://100.64.0.1/'],
    ['multicast', 'https://224.0.0.1/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['link-local of IPv6', 'https://[fe80::1]/'],
    ['unique local of IPv6', 'https://[fc00::1]/'],
    ['a private IPv4 address mapped into IPv6', 'https://[::ffff:10.0.0.1]/'],
    ['the same in hexadecimal', 'https://[::ffff:a00:1]/'],
    ['a private address behind NAT64', 'https://[64:ff9b::10.0.0.1]/'],
    ['a private address inside 6to4', 'https://[2002:a00:1::]/'],
  ])('%s', (_, url) => {
    expect(refuse(url)).toMatch(/^must not be on a private, local or reserved address, as /);
    expect(refuse(url, true)).toBeUndefined();
  });
});

describe('an invalid address of a service is always refused:', () => {
  test.each([
    ['nothing', ''],
    ['a text that is not a URL', 'tools.example.com/hook'],
    ['a file', 'file:///etc/passwd'],
    ['another protocol', 'ftp://example.com/'],
    ['an impossible port', 'https://example.com:65536/'],
    ['an impossible address', 'https://256.256.256.256/'],
    ['a password', 'https://user:secret@example.com/'],
  ])('%s', (_, url) => {
    expect(refuse(url, true)).toMatch(/^must /);
    expect(refuse(url, true)).not.toContain('secret');
  });
});
