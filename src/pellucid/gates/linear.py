"""Products of matrices: the part of a network that learns most and costs most.

Letters: x (N, D) input, W (D, U) weights, b (U,) bias, z (N, U) pre-activation.
"""

from pellucid.engines import Array
from pellucid.gates.arithmetic import sum_to
from pellucid.gates.gate import Gate


class Dense(Gate):
    """z = x W + b            x (..., D), W (D, U), b (U,) or none  ->  z (..., U)

    dx = dz W^T,   dW = x^T dz,   db = sum of dz over the batch.
    """

    def forward(self, x, W, b=None):
        self.x, self.W = x, W
        z = self.engine.matmul(x, W)
        if b is not None:
            z += b
        return z

    def dx(self, dz):
        return self.engine.matmul(dz, self.W.T)

    def dW(self, dz):
        return self.engine.matmul(as_rows(self.x).T, as_rows(dz))

    def db(self, dz):
        return self.engine.sum_rows(dz)


class MatMul(Gate):
    """y = a b, the matrix product of the last two axes, the axes before them broadcast.

    da = dy b^T,   db = a^T dy. A vector is a row in a's place and a column in b's.
    """

    def forward(self, a, b):
        self.shapes = a.shape, b.shape
        self.a = a[None, :] if a.ndim == 1 else a
        self.b = b[:, None] if b.ndim == 1 else b
        return self.engine.matmul(a, b)

    def da(self, dy):
        da = self.engine.matmul(self.matrix(dy), self.xp.matrix_transpose(self.b))
        return self.back(da, self.a, 0)

    def db(self, dy):
        db = self.engine.matmul(self.xp.matrix_transpose(self.a), self.matrix(dy))
        return self.back(db, self.b, 1)

    def matrix(self, dy):
        """dy with the axis back that a vector on either side took away."""
        rows, columns = self.a.shape[-2], self.b.shape[-1]
        batch = dy.shape[: dy.ndim - sum(len(shape) > 1 for shape in self.shapes)]
        return dy.reshape(*batch, rows, columns)

    def back(self, gradient, matrix, which):
        """The gradient without broadcast axes, in the shape that the input came in."""
        return sum_to(gradient, matrix.shape).reshape(self.shapes[which])


class Embedding(Gate):
    """z[n] = W[i[n]]: row i of the table W.   i (...) whole numbers, W (V, U)  ->  z (..., U)

    dW = dz added up at the rows that were read.
    """

    def forward(self, i, W):
        self.i, self.shape = self.engine.as_index(i), W.shape
        return W[self.i]

    def dW(self, dz):
        return self.engine.scatter_add(self.shape, self.i, dz)


def as_rows(x: Array) -> Array:
    """All examples of x (..., D), whatever their axes, as the rows of one matrix (M, D)."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
