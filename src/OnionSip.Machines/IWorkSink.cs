namespace OnionSip.Machines;

/// <summary>A driver's owner that runs computations elsewhere and brings them back by HandleWork. (NODE.WORK)</summary>
public interface IWorkSink
{
    /// <summary>Takes a computation; must not block.</summary>
    void Work(NodeWork work);
}
