import { requestNamed, traceContextOf } from './trace-context';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('a trace context', () => {
  it.each([
    `00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-00`,
    `cc-${TRACE}-${SPAN}-01-what-comes`,
  ])('is read from %s', (traceparent) => {
    expect(traceContextOf({ traceparent })).toEqual({ traceparent, tracestate: null });
  });

  it('keeps its state', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    expect(traceContextOf({ traceparent, tracestate: 'rojo=1' })?.tracestate).toBe('rojo=1');
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])('is not taken from %p', (traceparent) => {
    expect(traceContextOf({ traceparent })).toBeNull();
  });

  it('names a request in log lines', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    expect(requestNamed('r1', { traceparent, tracestate: null })).toBe(
      `request r1 (trace ${TRACE})`,
    );
    expect(requestNamed('r1', null)).toBe('request r1');
  });
});
