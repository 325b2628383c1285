"""The same elimination as `eliminate`, compiled by Numba, sets of nodes as bit masks. The two must agree (tests do compare them)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unknot.assess.eliminate import Marginals, Query

Array = NDArray[Any]
CHEAP = 1e6
"""Sums of an order below which no better one is looked for."""
TRIES = 48
"""Orders that are tried beyond it; one takes some ten microseconds."""
FEW_ROWS = 3
"""Rows that are not worth a second thread."""


def marginals(query: Query, priors: Array, widest: int) -> tuple[Marginals | None, int]:
    """(marginals for each row of priors `[case, e]` or None when a table would hold more than `widest` nodes, width)."""
    priors = np.ascontiguousarray(np.atleast_2d(priors), dtype=np.float64)
    weights = np.ascontiguousarray(query.weights, dtype=np.float64)
    leaks = np.asarray(query.leaks, dtype=np.float64)
    if len(priors) < 2 * FEW_ROWS:
        found = [_solve(weights, leaks, priors, widest)]
    else:  # the compiled part runs without the interpreter's lock, so the two halves run side by side
        half = len(priors) // 2
        other = _side(os.getpid()).submit(_solve, weights, leaks, priors[half:], widest)
        found = [_solve(weights, leaks, priors[:half], widest), other.result()]
    width = int(found[0][3])
    if width > widest:
        return None, width
    return Marginals(*(np.concatenate([part[i] for part in found]) for i in range(3))), width


@cache
def _side(process: int) -> ThreadPoolExecutor:
    """The second thread of a process; a forked one has its own."""
    return ThreadPoolExecutor(1, thread_name_prefix=f"marginals-{process}")


@njit(cache=True)
def _bits(mask: int) -> int:
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@njit(cache=True)
def _greedy(masks: Array, nodes: int, noise: int) -> Array:
    """The node first whose neighbours lack fewest links among themselves, then the one with fewest; `noise` blurs the counts, 0 does not."""
    near = np.zeros(nodes, dtype=np.int64)
    for mask in masks:
        rest = mask
        node = 0
        while rest:
            if rest & 1:
                near[node] |= mask
            rest >>= 1
            node += 1
    for node in range(nodes):
        near[node] &= ~(np.int64(1) << node)
    order = np.empty(nodes, dtype=np.int64)
    left = np.ones(nodes, dtype=np.bool_)
    fill = np.full(nodes, -1, dtype=np.int64)
    chance = np.uint64(noise)
    for position in range(nodes):
        best = -1
        best_fill = np.int64(1) << 60
        best_near = 64
        for node in range(nodes):
            if not left[node]:
                continue
            if fill[node] < 0:
                lacks = 0
                for other in range(nodes):
                    if near[node] >> other & 1:
                        lacks += _bits(near[node] & ~near[other]) - 1
                chance = chance * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                fill[node] = lacks * (256 if noise == 0 else 208 + np.int64(chance >> np.uint64(57)))
            size = _bits(near[node])
            if fill[node] < best_fill or (fill[node] == best_fill and size < best_near):
                best, best_fill, best_near = node, fill[node], size
        order[position] = best
        left[best] = False
        around = near[best]
        touched = around
        for other in range(nodes):
            if around >> other & 1:
                touched |= near[other]
                near[other] = (near[other] | around) & ~(np.int64(1) << other) & ~(np.int64(1) << best)
        for other in range(nodes):
            if touched >> other & 1:
                fill[other] = -1
    return order


@njit(cache=True)
def _widest_of(masks: Array, order: Array) -> tuple[int, Any, float]:
    """(nodes in the largest table of an order, those nodes as a mask, the sums that the order costs)."""
    nodes = len(order)
    left = masks.copy()
    sent = np.zeros(nodes, dtype=np.int64)
    width, widest, cost = 0, np.int64(0), 0.0
    for position in range(nodes):
        node = np.int64(1) << order[position]
        scope = node
        steps = 3
        largest, joins = 0, np.zeros(64)
        for i in range(len(left)):
            if left[i] & node:
                scope |= left[i]
                left[i] = 0
                steps += 4
        for i in range(position):
            if sent[i] & node:
                scope |= sent[i]
                joins[_bits(sent[i])] += 1
                largest = max(largest, _bits(sent[i]))
                sent[i] = 0
        sent[position] = scope & ~node
        size = _bits(scope)
        cost += steps * 2.0**size
        if largest:
            joins[largest] -= 1  # the largest is taken over, the others are joined to it
        for k in range(size + 1):
            cost += 4 * joins[k] * 3.0**k * 2.0 ** (size - k)
        if size > width:
            width, widest = size, scope
    return width, widest, cost


@njit(cache=True)
def _order(masks: Array, nodes: int) -> Array:
    """The cheapest of some greedy orders; where the first is cheap already it is taken."""
    best = _greedy(masks, nodes, 0)
    _, _, least = _widest_of(masks, best)
    if least < CHEAP:
        return best
    for noise in range(1, TRIES):
        order = _greedy(masks, nodes, noise)
        _, _, cost = _widest_of(masks, order)
        if cost < least:
            best, least = order, cost
    return best


@njit(cache=True)
def _spread(positions: Array, count: int) -> Array:
    index = np.zeros(1 << count, dtype=np.int64)
    for i in range(count):
        half = 1 << i
        for j in range(half):
            index[half + j] = index[j] + (np.int64(1) << positions[i])
    return index


@njit(cache=True)
def _turn_on(table: Array, size: int, bits: Array, weights: Array) -> None:
    """Low bits are written out, since a loop of one, two or four rounds costs more than what it does."""
    for i in range(len(bits)):
        step = 1 << bits[i]
        weight = weights[i]
        rest = 1.0 - weight
        if step == 1:
            for low in range(0, size, 2):
                table[low + 1] += weight * table[low]
                table[low] *= rest
        elif step == 2:
            for low in range(0, size, 4):
                a, b = table[low], table[low + 1]
                table[low + 2] += weight * a
                table[low + 3] += weight * b
                table[low], table[low + 1] = rest * a, rest * b
        else:
            for base in range(0, size, 2 * step):
                below, above = table[base : base + step], table[base + step : base + 2 * step]
                for low in range(step):
                    above[low] += weight * below[low]
                    below[low] *= rest


@njit(cache=True)
def _turn_on_adjoint(table: Array, size: int, bits: Array, weights: Array) -> None:
    for i in range(len(bits)):
        step = 1 << bits[i]
        weight = weights[i]
        rest = 1.0 - weight
        if step == 1:
            for low in range(0, size, 2):
                table[low] = rest * table[low] + weight * table[low + 1]
        elif step == 2:
            for low in range(0, size, 4):
                table[low] = rest * table[low] + weight * table[low + 2]
                table[low + 1] = rest * table[low + 1] + weight * table[low + 3]
        else:
            for base in range(0, size, 2 * step):
                below, above = table[base : base + step], table[base + step : base + 2 * step]
                for low in range(step):
                    below[low] = rest * below[low] + weight * above[low]


@njit("void(float64[:,::1], float64[::1], float64[:,::1])", cache=True)
def _join(table: Array, message: Array, out: Array) -> None:
    """Adds the union of both to `out`; the first axis is the message's subsets, the second the rest. Two nodes at a time at the end."""
    size = len(message)
    if size == 4:
        m0, m1, m2, m3 = message[0], message[1], message[2], message[3]
        low, high, both, every = m0 + m1, m0 + m2, m1 + m3, m0 + m1 + m2 + m3
        for r in range(table.shape[1]):
            t0, t1, t2, t3 = table[0, r], table[1, r], table[2, r], table[3, r]
            out[0, r] += t0 * m0
            out[1, r] += t1 * low + t0 * m1
            out[2, r] += t2 * high + t0 * m2
            out[3, r] += t3 * every + t1 * (m2 + m3) + t2 * both + t0 * m3
        return
    if size == 1:
        for r in range(table.shape[1]):
            out[0, r] += table[0, r] * message[0]
        return
    half = size // 2
    _join(table[:half], message[:half], out[:half])
    _join(table[half:], message[:half] + message[half:], out[half:])
    _join(table[:half], message[half:], out[half:])


@njit("void(float64[:,::1], float64[::1], float64[:,::1], float64[:,::1], float64[::1])", cache=True)
def _join_adjoint(table: Array, message: Array, after: Array, to_table: Array, to_message: Array) -> None:
    size = len(message)
    if size == 4:
        m0, m1, m2, m3 = message[0], message[1], message[2], message[3]
        low, high, both, every = m0 + m1, m0 + m2, m1 + m3, m0 + m1 + m2 + m3
        n0 = n1 = n2 = n3 = 0.0
        for r in range(table.shape[1]):
            t0, t1, t2, t3 = table[0, r], table[1, r], table[2, r], table[3, r]
            a0, a1, a2, a3 = after[0, r], after[1, r], after[2, r], after[3, r]
            to_table[0, r] += m0 * a0 + m1 * a1 + m2 * a2 + m3 * a3
            to_table[1, r] += low * a1 + (m2 + m3) * a3
            to_table[2, r] += high * a2 + both * a3
            to_table[3, r] += every * a3
            n0 += t0 * a0 + t1 * a1 + t2 * a2 + t3 * a3
            n1 += (t0 + t1) * a1 + (t2 + t3) * a3
            n2 += (t0 + t2) * a2 + (t1 + t3) * a3
            n3 += (t0 + t1 + t2 + t3) * a3
        to_message[0] += n0
        to_message[1] += n1
        to_message[2] += n2
        to_message[3] += n3
        return
    if size == 1:
        total = 0.0
        for r in range(table.shape[1]):
            to_table[0, r] += message[0] * after[0, r]
            total += table[0, r] * after[0, r]
        to_message[0] += total
        return
    half = size // 2
    _join_adjoint(table[:half], message[:half], after[:half], to_table[:half], to_message[:half])
    both_on = np.zeros(half)
    _join_adjoint(table[half:], message[:half] + message[half:], after[half:], to_table[half:], both_on)
    for i in range(half):
        to_message[i] += both_on[i]
        to_message[half + i] += both_on[i]
    _join_adjoint(table[:half], message[half:], after[half:], to_table[:half], to_message[half:])


@njit(cache=True)
def _gather(table: Array, low: Array, high: Array) -> Array:
    out = np.empty((len(low), len(high)))
    for a in range(len(low)):
        for r in range(len(high)):
            out[a, r] = table[low[a] + high[r]]
    return out


@njit(cache=True)
def _others(positions: Array, count: int, bits: int) -> Array:
    found = np.empty(bits - count, dtype=np.int64)
    n = 0
    for b in range(bits):
        mine = False
        for i in range(count):
            mine = mine or positions[i] == b
        if not mine:
            found[n] = b
            n += 1
    return found


@njit(cache=True)
def widest_bucket(weights: Array) -> tuple[int, Any]:
    """(nodes in the largest table of the order, those nodes as a mask)."""
    count, nodes = weights.shape
    masks = np.zeros(count, dtype=np.int64)
    links = np.zeros(count, dtype=np.int64)
    for e in range(count):
        for n in range(nodes):
            if weights[e, n] > 0:
                masks[e] |= np.int64(1) << n
                links[e] += 1
    width, widest, _ = _widest_of(masks[links > 1], _order(masks[links > 1], nodes))
    return width, widest


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def _solve(weights: Array, leaks: Array, priors: Array, widest: int) -> tuple[Array, Array, Array, int]:
    """One function, since Numba hands no objects between compiled ones cheaply; its parts stand as in `eliminate`."""
    count, nodes = weights.shape
    cases = priors.shape[0]
    # which nodes each explanation touches
    masks = np.zeros(count, dtype=np.int64)
    links = np.zeros(count, dtype=np.int64)
    for e in range(count):
        for n in range(nodes):
            if weights[e, n] > 0:
                masks[e] |= np.int64(1) << n
                links[e] += 1
    order = _order(masks[links > 1], nodes)
    rank = np.empty(nodes, dtype=np.int64)
    for i in range(nodes):
        rank[order[i]] = i
    # the bucket of each explanation, and each bucket's nodes
    home = np.full(count, -1, dtype=np.int64)
    scope = np.zeros(nodes, dtype=np.int64)
    for i in range(nodes):
        scope[i] = np.int64(1) << order[i]
    for e in range(count):
        if links[e] > 1:
            best = nodes
            for n in range(nodes):
                if masks[e] >> n & 1 and rank[n] < best:
                    best = rank[n]
            home[e] = best
            scope[best] |= masks[e]
    parent = np.full(nodes, -1, dtype=np.int64)
    width = 1 if nodes else 0
    size = np.zeros(nodes, dtype=np.int64)
    member = np.zeros((nodes, nodes), dtype=np.int64)
    place = np.zeros((nodes, nodes), dtype=np.int64)
    for i in range(nodes):
        for j in range(i, nodes):
            if scope[i] >> order[j] & 1:
                member[i, size[i]] = order[j]
                place[i, order[j]] = size[i]
                if size[i] == 1:
                    parent[i] = j
                size[i] += 1
        if parent[i] >= 0:
            scope[parent[i]] |= scope[i] & ~(np.int64(1) << order[i])
        width = max(width, size[i])
    posterior = priors.copy()
    alone = np.zeros((cases, nodes))
    log_chance = np.zeros(cases)
    if width > widest:
        return posterior, alone, log_chance, width
    # explanations of each bucket by their highest bit, with the bits of their nodes
    start = np.zeros(nodes + 1, dtype=np.int64)
    for e in range(count):
        if home[e] >= 0:
            start[home[e] + 1] += 1
    for i in range(nodes):
        start[i + 1] += start[i]
    listed = np.empty(start[nodes], dtype=np.int64)
    top = np.zeros(count, dtype=np.int64)
    filled = start[:-1].copy()
    for e in range(count):
        if home[e] >= 0:
            for n in range(nodes):
                if masks[e] >> n & 1:
                    top[e] = max(top[e], place[home[e], n])
    for wanted in range(width):
        for e in range(count):
            if home[e] >= 0 and top[e] == wanted:
                listed[filled[home[e]]] = e
                filled[home[e]] += 1
    bit_start = np.zeros(len(listed) + 1, dtype=np.int64)
    for x in range(len(listed)):
        bit_start[x + 1] = bit_start[x] + links[listed[x]]
    bits = np.empty(bit_start[-1], dtype=np.int64)
    strength = np.empty(bit_start[-1])
    step_start = np.zeros(len(listed) + 1, dtype=np.int64)
    for x in range(len(listed)):
        e = listed[x]
        at = bit_start[x]
        for n in range(nodes):
            if masks[e] >> n & 1:
                bits[at] = place[home[e], n]
                strength[at] = weights[e, n]
                at += 1
        floor = top[e] + 1
        for i in range(nodes):
            if parent[i] == home[e] and size[i] > 1:
                floor = max(floor, place[home[e], member[i, size[i] - 1]] + 1)
        step_start[x + 1] = step_start[x] + (np.int64(1) << floor)
    table_start = np.zeros(nodes + 1, dtype=np.int64)
    for i in range(nodes):
        table_start[i + 1] = table_start[i] + (np.int64(1) << size[i])
    full = np.empty(table_start[nodes])
    messages = np.empty(table_start[nodes])
    joined_start = np.full(nodes, -1, dtype=np.int64)
    need = 0
    # children of each bucket, the one with the largest table first: it is taken over as it is, the others are joined to it
    child_count = np.zeros(nodes, dtype=np.int64)
    child = np.zeros((nodes, nodes), dtype=np.int64)
    for wanted in range(width, 0, -1):
        for i in range(nodes):
            if parent[i] >= 0 and size[i] == wanted:
                if child_count[parent[i]] > 0:
                    joined_start[i] = need
                    need += np.int64(1) << size[parent[i]]
                child[parent[i], child_count[parent[i]]] = i
                child_count[parent[i]] += 1
    joined = np.empty(need + 1)
    steps = np.empty(step_start[-1] + 1)
    adjoints = np.empty(table_start[nodes])
    work = np.empty(np.int64(1) << width)
    other = np.empty(np.int64(1) << width)
    for case in range(cases):
        # leaks with the one-node explanations folded in
        loud = leaks.copy()
        for e in range(count):
            if links[e] == 1:
                for n in range(nodes):
                    if weights[e, n] > 0:
                        loud[n] += priors[case, e] * weights[e, n] * (1.0 - loud[n])
        # up: eliminate node after node
        for i in range(nodes):
            whole = np.int64(1) << size[i]
            for t in range(whole):
                work[t] = 0.0
            first = True
            for number in range(child_count[i]):
                c = child[i, number]
                k = size[c] - 1
                positions = np.empty(k, dtype=np.int64)
                for j in range(k):
                    positions[j] = place[i, member[c, j + 1]]
                index = _spread(positions, k)
                message = messages[table_start[c] : table_start[c] + (np.int64(1) << k)]
                if first:
                    for a in range(len(index)):
                        work[index[a]] = message[a]
                    first = False
                else:
                    joined[joined_start[c] : joined_start[c] + whole] = work[:whole]
                    rest = _spread(_others(positions, k, size[i]), size[i] - k)
                    low = _gather(work, index, rest)
                    out = np.zeros((len(index), len(rest)))
                    _join(low, message.copy(), out)
                    for a in range(len(index)):
                        for r in range(len(rest)):
                            work[index[a] + rest[r]] = out[a, r]
            if first:
                work[0] = 1.0
            for x in range(start[i], start[i + 1]):
                span = step_start[x + 1] - step_start[x]
                steps[step_start[x] : step_start[x + 1]] = work[:span]
                other[:span] = work[:span]
                _turn_on(other, span, bits[bit_start[x] : bit_start[x + 1]], strength[bit_start[x] : bit_start[x + 1]])
                prior = priors[case, listed[x]]
                for t in range(span):
                    work[t] = (1.0 - prior) * work[t] + prior * other[t]
            full[table_start[i] : table_start[i + 1]] = work[:whole]
            leak = loud[order[i]]
            scale = 0.0
            for t in range(whole // 2):
                value = work[2 * t + 1] + leak * work[2 * t]
                messages[table_start[i] + t] = value
                scale = max(scale, value)
            for t in range(whole // 2):
                messages[table_start[i] + t] /= scale
            log_chance[case] += np.log(scale)
        # down: what comes after each table, and every marginal with it
        for i in range(nodes):
            adjoints[table_start[i]] = 1.0
        for i in range(nodes - 1, -1, -1):
            whole = np.int64(1) << size[i]
            node = order[i]
            leak = loud[node]
            turned_on = 0.0
            left_off = 0.0
            for t in range(whole // 2):
                after = adjoints[table_start[i] + t]
                turned_on += full[table_start[i] + 2 * t + 1] * after
                left_off += full[table_start[i] + 2 * t] * after
                work[2 * t] = leak * after
                work[2 * t + 1] = after
            total = turned_on + leak * left_off
            silent = 1.0
            for e in range(count):
                if links[e] == 1 and weights[e, node] > 0:
                    silent *= 1.0 - priors[case, e] * weights[e, node]
                    others = leaks[node]
                    for other_e in range(count):
                        if other_e != e and links[other_e] == 1 and weights[other_e, node] > 0:
                            others += priors[case, other_e] * weights[other_e, node] * (1.0 - others)
                    others += weights[e, node] * (1.0 - others)
                    posterior[case, e] = min(1.0, priors[case, e] * (turned_on + left_off * others) / total)
            alone[case, node] = leaks[node] * silent * left_off / total
            for x in range(start[i + 1] - 1, start[i] - 1, -1):
                span = step_start[x + 1] - step_start[x]
                other[:span] = work[:span]
                _turn_on_adjoint(
                    other, span, bits[bit_start[x] : bit_start[x + 1]], strength[bit_start[x] : bit_start[x + 1]]
                )
                prior = priors[case, listed[x]]
                on = 0.0
                off = 0.0
                for t in range(span):
                    before = steps[step_start[x] + t]
                    on += before * other[t]
                    off += before * work[t]
                    work[t] = (1.0 - prior) * work[t] + prior * other[t]
                posterior[case, listed[x]] = min(1.0, prior * on / (prior * on + (1.0 - prior) * off))
            for number in range(child_count[i] - 1, -1, -1):
                c = child[i, number]
                k = size[c] - 1
                positions = np.empty(k, dtype=np.int64)
                for j in range(k):
                    positions[j] = place[i, member[c, j + 1]]
                index = _spread(positions, k)
                sent = np.zeros(len(index))
                if joined_start[c] < 0:
                    for a in range(len(index)):
                        sent[a] = work[index[a]]
                else:
                    rest = _spread(_others(positions, k, size[i]), size[i] - k)
                    before_join = _gather(joined[joined_start[c] : joined_start[c] + whole], index, rest)
                    after_join = _gather(work, index, rest)
                    back = np.zeros((len(index), len(rest)))
                    message = messages[table_start[c] : table_start[c] + (np.int64(1) << k)].copy()
                    _join_adjoint(before_join, message, after_join, back, sent)
                    for a in range(len(index)):
                        for r in range(len(rest)):
                            work[index[a] + rest[r]] = back[a, r]
                scale = sent.max()
                for a in range(len(index)):
                    adjoints[table_start[c] + a] = sent[a] / scale
    return posterior, alone, log_chance, width
