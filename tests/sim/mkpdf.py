#!/usr/bin/python3
"""mkpdf.py PAGES TEXT OUT [BYTES]: a plain PDF 1.4 of PAGES pages, A4, each showing TEXT and its number.

Nothing in it is compressed, so that TEXT can be looked for in the bytes. With BYTES the file is filled up with a
comment stream to about that size.
"""
import sys


def pdf(pages, text, size=0):
    objects = []

    def add(body):
        objects.append(body)
        return len(objects)

    kids = ' '.join('%d 0 R' % (4 + 2 * i) for i in range(pages))
    add('<< /Type /Catalog /Pages 2 0 R >>')
    add('<< /Type /Pages /Kids [%s] /Count %d >>' % (kids, pages))
    add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>')
    safe = text.replace('\\', '\\\\').replace('(', '\\(').replace(')', '\\)')
    for i in range(pages):
        show = ('BT /F1 22 Tf 60 760 Td (%s) Tj 0 -40 Td (page %d of %d) Tj ET\n60 700 475 1 re f\n'
                % (safe, i + 1, pages))
        add('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R '
            '/Resources << /Font << /F1 3 0 R >> >> >>' % (5 + 2 * i))
        add('<< /Length %d >>\nstream\n%sendstream' % (len(show), show))
    if size:
        fill = ('%s\n' % text) * (size // (len(text) + 1))
        add('<< /Length %d >>\nstream\n%sendstream' % (len(fill), fill))
    out = b'%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'
    offsets = []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += ('%d 0 obj\n%s\nendobj\n' % (n, body)).encode('latin-1')
    start = len(out)
    out += ('xref\n0 %d\n0000000000 65535 f \n' % (len(objects) + 1)).encode()
    out += b''.join(b'%010d 00000 n \n' % o for o in offsets)
    out += ('trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(objects) + 1, start)).encode()
    return out


if __name__ == '__main__':
    with open(sys.argv[3], 'wb') as f:
        f.write(pdf(int(sys.argv[1]), sys.argv[2], int((sys.argv + ['0'])[4])))
