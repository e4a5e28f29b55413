using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace OnionSip.Tests.Tidy;

/// <summary>What a compiled assembly names of others, read from its metadata: nothing is loaded and nothing runs.</summary>
internal sealed class AssemblyReferences
{
    private AssemblyReferences(string name)
    {
        Name = name;
    }

    public string Name { get; }

    /// <summary>Names of the assemblies it refers to.</summary>
    public SortedSet<string> Assemblies { get; } = new(StringComparer.Ordinal);

    /// <summary>Full names of the foreign types it refers to.</summary>
    public SortedSet<string> Types { get; } = new(StringComparer.Ordinal);

    /// <summary>Foreign methods and fields, as <c>Namespace.Type.Member</c>.</summary>
    public SortedSet<string> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>Own static fields that can be assigned after the type has been set up, as <c>Namespace.Type.Field</c>.</summary>
    public SortedSet<string> MutableStatics { get; } = new(StringComparer.Ordinal);

    /// <summary>Functions of native libraries it calls, as <c>library!function</c>.</summary>
    public SortedSet<string> NativeFunctions { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the assembly of this name from the folder of the tests.</summary>
    public static AssemblyReferences Read(string name)
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        using PEReader image = new(file);
        MetadataReader reader = image.GetMetadataReader();
        AssemblyReferences result = new(name);
        foreach (AssemblyReferenceHandle handle in reader.AssemblyReferences)
        {
            result.Assemblies.Add(reader.GetString(reader.GetAssemblyReference(handle).Name));
        }

        foreach (TypeReferenceHandle handle in reader.TypeReferences)
        {
            result.Types.Add(NameOf(reader, handle));
        }

        foreach (MemberReferenceHandle handle in reader.MemberReferences)
        {
            MemberReference member = reader.GetMemberReference(handle);
            if (OwnerOf(reader, member.Parent) is { } owner)
            {
                result.Members.Add(owner + "." + reader.GetString(member.Name));
            }
        }

        result.ReadStatics(reader);
        result.ReadNativeFunctions(reader);
        return result;
    }

    private void ReadStatics(MetadataReader reader)
    {
        foreach (FieldDefinitionHandle handle in reader.FieldDefinitions)
        {
            FieldDefinition field = reader.GetFieldDefinition(handle);
            const FieldAttributes fixedForEver = FieldAttributes.Literal | FieldAttributes.InitOnly;
            if ((field.Attributes & FieldAttributes.Static) != 0 && (field.Attributes & fixedForEver) == 0)
            {
                MutableStatics.Add(NameOf(reader, field.GetDeclaringType()) + "." + reader.GetString(field.Name));
            }
        }
    }

    private void ReadNativeFunctions(MetadataReader reader)
    {
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            MethodDefinition method = reader.GetMethodDefinition(handle);
            if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0)
            {
                MethodImport import = method.GetImport();
                string library = reader.GetString(reader.GetModuleReference(import.Module).Name);
                NativeFunctions.Add(library + "!" + reader.GetString(import.Name));
            }
        }
    }

    private static string? OwnerOf(MetadataReader reader, EntityHandle parent)
    {
        switch (parent.Kind)
        {
            case HandleKind.TypeReference:
                return NameOf(reader, (TypeReferenceHandle)parent);
            case HandleKind.TypeSpecification:
                TypeSpecification specification = reader.GetTypeSpecification((TypeSpecificationHandle)parent);
                BlobReader blob = reader.GetBlobReader(specification.Signature);
                if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
                {
                    return null;
                }

                blob.ReadByte();
                EntityHandle open = blob.ReadTypeHandle();
                return open.Kind == HandleKind.TypeReference ? NameOf(reader, (TypeReferenceHandle)open) : null;
            default:
                return null;
        }
    }

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? NameOf(reader, (TypeReferenceHandle)type.ResolutionScope) + "+" + reader.GetString(type.Name)
            : Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    private static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        return type.GetDeclaringType().IsNil
            ? Join(reader.GetString(type.Namespace), reader.GetString(type.Name))
            : NameOf(reader, type.GetDeclaringType()) + "+" + reader.GetString(type.Name);
    }

    private static string Join(string space, string name) => space.Length == 0 ? name : space + "." + name;
}
